// The calls of Jira's REST API that the sink makes: version 3 of Jira Cloud, version 2 of Jira Data Center.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/, https://developer.atlassian.com/server/jira/platform/rest/
import { InvalidInput, Transient } from '@assay/contracts';
import { z } from 'zod';
import { type Answer, type Call, credentialRefusedCode, type Door } from '../../http/door.ts';
import { heldBack } from '../held-back.ts';

export type Edition = 'cloud' | 'data-center';
export type Fields = Readonly<Record<string, unknown>>;

/** What the sink wrote last, kept with the issue as a property of it. */
export interface Applied {
  /** Of the event; sorts as they came. */
  order: string;
  /** Of the fields. */
  digest: string;
}

export interface Issue {
  key: string;
  isDone: boolean;
  /** Undefined when somebody removed it. */
  applied: Applied | undefined;
}

export interface Transition {
  id: string;
  name: string;
  to: { name: string; category: string };
}

export interface JiraApi {
  /** Throws InvalidInput when there is no such project, or no such type of issue in it. */
  checkProject(project: string, issueType: string, signal: AbortSignal): Promise<void>;
  /** Keys of issues by label, the oldest of each. Jira's index is behind by seconds, seldom more. */
  find(project: string, labels: readonly string[], signal: AbortSignal): Promise<Map<string, string>>;
  /** As it is now; undefined when it is gone. */
  read(key: string, signal: AbortSignal): Promise<Issue | undefined>;
  /** The key of the new issue. */
  create(fields: Fields, applied: Applied, signal: AbortSignal): Promise<string>;
  update(key: string, fields: Fields, signal: AbortSignal): Promise<void>;
  transitions(key: string, signal: AbortSignal): Promise<Transition[]>;
  transition(key: string, id: string, fields: Fields, signal: AbortSignal): Promise<void>;
  record(key: string, applied: Applied, signal: AbortSignal): Promise<void>;
}

/** Key of the issue property. */
const property = 'dev.assay.finding';
/** Labels in one search. */
const maxLabels = 50;
const pageSize = 100;
/** Pages of one search: a label that so many issues have is nobody's finding. */
const maxPages = 20;

const project = z.object({ issueTypes: z.array(z.object({ name: z.string() })) });
const page = z.object({
  issues: z.array(z.object({ key: z.string(), fields: z.object({ labels: z.array(z.string()).default([]) }) })),
  nextPageToken: z.string().nullish(),
  total: z.number().optional(),
});
const issue = z.object({
  key: z.string(),
  fields: z.object({ status: z.object({ statusCategory: z.object({ key: z.string() }) }) }),
  properties: z.record(z.string(), z.unknown()).optional(),
});
const created = z.object({ key: z.string() });
const transitions = z.object({
  transitions: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      to: z.object({ name: z.string(), statusCategory: z.object({ key: z.string() }).optional() }),
    }),
  ),
});
const applied = z.object({ order: z.string(), digest: z.string() });

export function jiraApi(door: Door, edition: Edition, authorization: string, lostAnswerMs: number): JiraApi {
  return new Api(door, edition, authorization, lostAnswerMs);
}

class Api implements JiraApi {
  readonly #door: Door;
  readonly #isCloud: boolean;
  readonly #authorization: string;
  readonly #lostAnswerMs: number;

  constructor(door: Door, edition: Edition, authorization: string, lostAnswerMs: number) {
    this.#door = door;
    this.#isCloud = edition === 'cloud';
    this.#authorization = authorization;
    this.#lostAnswerMs = lostAnswerMs;
  }

  async checkProject(key: string, issueType: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#send({ method: 'GET', path: `/project/${encodeURIComponent(key)}`, signal });
    if (answer.status === 404) throw invalid(`Jira has no project ${key}, or the user may not see it`, 'sink.config');
    const names = read(project, this.#ok(answer)).issueTypes.map(({ name }) => name);
    if (names.includes(issueType)) return;
    throw invalid(`project ${key} has no issues of the type "${issueType}"; it has ${names.join(', ')}`, 'sink.config');
  }

  async find(key: string, labels: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let start = 0; start < labels.length; start += maxLabels) {
      const some = labels.slice(start, start + maxLabels);
      const list = some.map((label) => `"${label}"`).join(', ');
      await this.#search(
        `project = "${key}" AND labels in (${list}) ORDER BY created ASC`,
        new Set(some),
        found,
        signal,
      );
    }
    return found;
  }

  async #search(jql: string, wanted: ReadonlySet<string>, found: Map<string, string>, signal: AbortSignal) {
    let next: Record<string, unknown> = this.#isCloud ? {} : { startAt: 0 };
    for (let pages = 1; pages <= maxPages; pages++) {
      const path = this.#isCloud ? '/search/jql' : '/search';
      const body = JSON.stringify({ jql, maxResults: pageSize, fields: ['labels'], ...next });
      const answer = await this.#send({ method: 'POST', path, body, signal });
      const { issues, nextPageToken, total = 0 } = read(page, this.#searched(answer));
      for (const { key, fields } of issues)
        for (const label of fields.labels) if (wanted.has(label) && !found.has(label)) found.set(label, key);
      const seen = Number(next.startAt ?? 0) + issues.length;
      const isLast = this.#isCloud ? !nextPageToken : issues.length === 0 || seen >= total;
      if (isLast) return;
      next = this.#isCloud ? { nextPageToken } : { startAt: seen };
    }
  }

  // A project that is not there any more, or a search of another edition, is no matter of these findings.
  #searched(answer: Answer): Answer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    const error = this.#door.errorOf(answer, saidIn(answer.text));
    if (error instanceof Transient) throw error;
    throw new Transient(`Jira cannot search: ${error.message}; check config.project and config.edition`, {
      code: credentialRefusedCode,
    });
  }

  async read(key: string, signal: AbortSignal): Promise<Issue | undefined> {
    const path = `${pathOf(key)}?fields=status&properties=${property}`;
    const answer = await this.#send({ method: 'GET', path, signal });
    if (answer.status === 404) return undefined;
    const { fields, properties, ...found } = read(issue, this.#ok(answer));
    const known = applied.safeParse(properties?.[property]);
    return {
      key: found.key,
      isDone: fields.status.statusCategory.key === 'done',
      applied: known.success ? known.data : undefined,
    };
  }

  async create(fields: Fields, value: Applied, signal: AbortSignal): Promise<string> {
    const body = JSON.stringify({ fields, properties: [{ key: property, value }] });
    const answer = await this.#send({ method: 'POST', path: '/issue', body, signal }).catch((error: unknown) => {
      const { code, message } = error as Transient;
      throw new Transient(message, { code, retryAfterMs: this.#lostAnswerMs });
    });
    // It may have been made all the same: the next search must not come before Jira's index knows of it.
    if (answer.status >= 500) throw this.#lost(answer);
    return read(created, this.#ok(answer)).key;
  }

  async update(key: string, fields: Fields, signal: AbortSignal): Promise<void> {
    this.#ok(await this.#send({ method: 'PUT', path: pathOf(key), body: JSON.stringify({ fields }), signal }));
  }

  async transitions(key: string, signal: AbortSignal): Promise<Transition[]> {
    const answer = this.#ok(await this.#send({ method: 'GET', path: `${pathOf(key)}/transitions`, signal }));
    return read(transitions, answer).transitions.map(({ id, name, to }) => ({
      id,
      name,
      to: { name: to.name, category: to.statusCategory?.key ?? '' },
    }));
  }

  async transition(key: string, id: string, fields: Fields, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ transition: { id }, ...(Object.keys(fields).length > 0 ? { fields } : {}) });
    this.#ok(await this.#send({ method: 'POST', path: `${pathOf(key)}/transitions`, body, signal }));
  }

  async record(key: string, value: Applied, signal: AbortSignal): Promise<void> {
    const path = `${pathOf(key)}/properties/${property}`;
    this.#ok(await this.#send({ method: 'PUT', path, body: JSON.stringify(value), signal }));
  }

  #send(call: Call): Promise<Answer> {
    const headers = {
      accept: 'application/json',
      authorization: this.#authorization,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return this.#door.send({ ...call, path: `/rest/api/${this.#isCloud ? 3 : 2}${call.path}`, headers });
  }

  #ok(answer: Answer): Answer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    const said = saidIn(answer.text);
    // Somebody else writes to the issue at this moment.
    if (answer.status === 409) throw new Transient(`Jira is busy with the issue: ${said}`, { code: 'sink.jira' });
    throw heldBack(answer, this.#door.errorOf(answer, said));
  }

  #lost(answer: Answer): Transient {
    const error = this.#door.errorOf(answer, saidIn(answer.text));
    const asked = error instanceof Transient ? (error.retryAfterMs ?? 0) : 0;
    return new Transient(error.message, { code: 'sink.jira', retryAfterMs: Math.max(asked, this.#lostAnswerMs) });
  }
}

function pathOf(key: string): string {
  return `/issue/${encodeURIComponent(key)}`;
}

function read<T>(schema: z.ZodType<T>, answer: Answer): T {
  try {
    return schema.parse(JSON.parse(answer.text));
  } catch {
    // Not what it says: it may be a page that greets somebody.
    throw new Transient('the answer is none of Jira’s API; check config.url and config.edition', { code: 'sink.jira' });
  }
}

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes */
const complaint = z.object({
  errorMessages: z.array(z.string()).default([]),
  errors: z.record(z.string(), z.string()).default({}),
});

function saidIn(text: string): string {
  try {
    const { errorMessages, errors } = complaint.parse(JSON.parse(text));
    return [...errorMessages, ...Object.entries(errors).map(([field, why]) => `${field}: ${why}`)].join('; ');
  } catch {
    return '';
  }
}

function invalid(sentence: string, code: string): InvalidInput {
  return new InvalidInput(sentence, { code });
}
