// An issue in Jira for each finding: made once, kept up to date, closed when the finding is gone, opened again with it.
import { InvalidInput, Transient } from '@assay/contracts';
import { pause } from '../../backoff.ts';
import { openDoor } from '../../http/door.ts';
import { linkOf } from '../../link.ts';
import { type DeliveryInfo, defineSink, type Secrets, type SinkItem } from '../../sink.ts';
import { type JiraApi, jiraApi } from './api.ts';
import { jiraConfig } from './config.ts';
import { fieldsOf, labelOf } from './issue-fields.ts';
import { previewing } from './preview.ts';
import { syncIssue, type Wanted } from './sync-issue.ts';

const maxAnswerBytes = 4 * 1024 * 1024;
/** Issues remembered, so that Jira's index need not know them yet. */
const maxKnown = 10_000;

export const jira = defineSink({
  type: 'jira',
  summary: 'An issue in Jira for each finding: created once, updated, closed when fixed, reopened.',
  config: jiraConfig,
  credentials: ['token'],
  templates: ['summary', 'description', 'link'],
  batchSize: 50,
  open: async (settings, secrets, context) => {
    const { url, edition, user, project, issueType, transitions, resolutions, indexDelayMs } = settings;
    if (!context.hasFindings) throw invalid('a jira sink is for findings: use a subject "assay.finding.…"');
    const authorization = authorizationOf(user, secrets);
    const fields = fieldsOf({ ...settings, templates: context.templates ?? {}, link: linkOf(context) });
    // The header is another form of the token.
    const redacted = { ...secrets, authorization, credentials: authorization.replace(/^\w+ /, '') };
    const { allowPrivate, allowHttp, timeoutMs } = settings;
    const reach = { allowPrivate, allowHttp, timeoutMs };
    const door = await openDoor({ type: 'jira', url, reach, secrets: redacted, context, maxAnswerBytes });
    const api = jiraApi(door, edition, authorization, indexDelayMs);
    try {
      await api.checkProject(project, issueType, AbortSignal.timeout(3 * timeoutMs));
    } catch (error) {
      await door.close();
      throw error;
    }
    const known = new Map<string, string>();
    const settledAt = performance.now() + indexDelayMs;

    const sync = async (items: readonly SinkItem[], { signal }: DeliveryInfo, api: JiraApi, keep: boolean) => {
      // Whoever ran before may have made issues a moment ago.
      const left = settledAt - performance.now();
      if (left > 0) await pause(left, signal);
      if (signal.aborted) throw new Transient('the delivery was given up', { code: 'sink.jira' });
      const latest = latestOf(items);
      const missing = [...latest.keys()].filter((label) => !known.has(label));
      const found = missing.length > 0 ? await api.find(project, missing, signal) : new Map<string, string>();
      const refused: InvalidInput[] = [];
      for (const [label, { event, finding }] of latest) {
        const wanted: Wanted = { finding, order: event.order, fields: fields(finding) };
        try {
          const key = await syncIssue(
            wanted,
            known.get(label) ?? found.get(label),
            api,
            { transitions, resolutions },
            signal,
          );
          if (keep) remember(known, label, key);
        } catch (error) {
          // One that is refused does not keep the others from Jira.
          if (!(error instanceof InvalidInput)) throw error;
          refused.push(error);
        }
      }
      const [first, ...more] = refused;
      if (first && more.length === 0) throw first;
      if (first)
        throw new InvalidInput(`${first.message} (and ${more.length} more were refused)`, { code: first.code });
    };
    return {
      deliver: (items, info) => sync(items, info, api, true),
      preview: async (items, info) => {
        const { writes, api: dry } = previewing(api);
        await sync(items, info, dry, false);
        return writes.join('\n') || 'nothing to change';
      },
      close: () => door.close(),
    };
  },
});

interface Latest {
  event: SinkItem['event'];
  finding: NonNullable<SinkItem['finding']>;
}

/** The last word on each finding, by its label. */
function latestOf(items: readonly SinkItem[]): Map<string, Latest> {
  const latest = new Map<string, Latest>();
  for (const { event, finding } of items.map(({ event, finding }) => ({ event, finding }))) {
    if (!finding) continue;
    const label = labelOf(finding);
    const before = latest.get(label);
    if (!before || before.event.order <= event.order) latest.set(label, { event, finding });
  }
  return latest;
}

function remember(known: Map<string, string>, label: string, key: string | undefined): void {
  known.delete(label);
  if (key !== undefined) known.set(label, key);
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
}

/** https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/ */
function authorizationOf(user: string | undefined, { token }: Secrets): string {
  if (token === undefined) throw invalid('a jira sink needs credentials.token');
  return user === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.config' });
}
