import { InvalidInput, Transient } from '@assay/contracts';
import { type Expected, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Secrets, Sink, SinkItem } from '../../sink.ts';
import { errorOf, findingItem, firstTry, testContext } from '../../testing/sink-context.ts';
import { jira } from './index.ts';
import { labelOf } from './issue-fields.ts';

const token = 'not-a-real-token';
const basic = `Basic ${Buffer.from(`me@example.com:${token}`).toString('base64')}`;
const cloud = { user: 'me@example.com', project: 'SEC', indexDelayMs: 0 };

let server: ScriptedServer;
const sinks: Sink[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

/** A request to Jira Cloud; a body is compared as a whole. */
function call(line: string, answer: unknown, body?: unknown, status = 200): Expected {
  const [method = '', path = ''] = line.split(' ');
  return {
    method,
    path: `/rest/api/3${path}`,
    headers: {
      accept: 'application/json',
      authorization: basic,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    check: (received) => {
      if (body === undefined) expect(received.body.toString()).toBe('');
      else expect(received.json()).toEqual(body);
    },
    status,
    answer,
  };
}

const project = call('GET /project/SEC', { key: 'SEC', issueTypes: [{ name: 'Task' }, { name: 'Bug' }] });

async function open(config: object = cloud, secrets: Secrets = { token }, first: Expected = project): Promise<Sink> {
  server.expect(first);
  const sink = await jira.open({ url: server.url, allowPrivate: true, ...config }, secrets, testContext());
  sinks.push(sink);
  return sink;
}

const item = (order: number, transition: string, change = {}) => findingItem(order, 'G101', { transition, ...change });
const label = labelOf(item(1, 'opened').finding as never);
const orderOf = ({ event }: SinkItem) => event.order;

const search = (issues: object[], labels = [label], more = {}) =>
  call(
    'POST /search/jql',
    { issues, ...more },
    {
      jql: `project = "SEC" AND labels in (${labels.map((each) => `"${each}"`).join(', ')}) ORDER BY created ASC`,
      maxResults: 100,
      fields: ['labels'],
    },
  );
const hit = { id: '1', key: 'SEC-1', fields: { labels: ['assay', label] } };

/** The issue as it is, with what the sink noted last. */
const get = (category: string, value?: object, key = 'SEC-1') =>
  call(`GET /issue/${key}?fields=status&properties=dev.assay.finding`, {
    key,
    fields: { status: { name: category, statusCategory: { key: category } } },
    properties: value ? { 'dev.assay.finding': value } : {},
  });
const create = (
  check: (body: { fields: Record<string, unknown>; properties: unknown[] }) => void = () => {},
): Expected => ({
  ...call('POST /issue', { id: '1', key: 'SEC-1', self: 'https://…' }, {}, 201),
  check: (received) => check(received.json() as never),
});
const put = (path: string, check: (body: unknown) => void = () => {}): Expected => ({
  ...call(`PUT ${path}`, '', {}, 204),
  check: (received) => check(received.json()),
});
const record = (order: string, digest: unknown = expect.any(String)) =>
  put('/issue/SEC-1/properties/dev.assay.finding', (body) => expect(body).toEqual({ order, digest }));
const ways = [
  { id: '11', name: 'Back to work', to: { name: 'To Do', statusCategory: { key: 'new' } } },
  { id: '21', name: 'Start', to: { name: 'In Progress', statusCategory: { key: 'indeterminate' } } },
  { id: '31', name: 'Finish', to: { name: 'Done', statusCategory: { key: 'done' } } },
  { id: '41', name: 'Reject', to: { name: 'Won’t do', statusCategory: { key: 'done' } } },
];
const transitions = call('GET /issue/SEC-1/transitions', { transitions: ways });
const move = (id: string, fields?: object) =>
  call('POST /issue/SEC-1/transitions', '', { transition: { id }, ...(fields ? { fields } : {}) }, 204);

describe('a jira sink', () => {
  it('makes an issue for a finding that has none, with what is needed to find it again', async () => {
    const sink = await open();
    const opened = item(1, 'opened');
    server.expect(
      search([]),
      create(({ fields, properties }) => {
        expect(fields).toMatchObject({
          project: { key: 'SEC' },
          issuetype: { name: 'Bug' },
          summary: 'About G101 (gosec G101)',
          description: { type: 'doc', version: 1 },
          priority: { name: 'High' },
          labels: ['assay', label],
        });
        const value = { order: orderOf(opened), digest: expect.stringMatching(/^[0-9a-f]{32}$/) };
        expect(properties).toEqual([{ key: 'dev.assay.finding', value }]);
      }),
    );
    await sink.deliver([opened], firstTry);
  });

  it('makes none a second time when a delivery comes again, before or after a restart', async () => {
    const opened = item(1, 'opened');
    const sink = await open();
    server.expect(search([]), create());
    await sink.deliver([opened], firstTry);
    // Jira's index need not know of it yet.
    server.expect(get('new', { order: orderOf(opened), digest: 'd' }));
    await sink.deliver([opened], firstTry);
    const other = await open();
    server.expect(search([hit]), get('new', { order: orderOf(opened), digest: 'd' }));
    await other.deliver([opened], firstTry);
  });

  it('takes the oldest of two issues, and all pages of a search', async () => {
    const sink = await open();
    const opened = item(1, 'opened');
    server.expect(search([], [label], { nextPageToken: 'more' }));
    const second = search([hit, { ...hit, key: 'SEC-9' }]);
    server.expect({
      ...second,
      check: (received) => expect(received.json()).toMatchObject({ nextPageToken: 'more', fields: ['labels'] }),
    });
    server.expect(get('new', { order: orderOf(opened), digest: 'd' }));
    await sink.deliver([opened], firstTry);
  });

  it('asks once for the issues of a whole delivery, and makes those that are missing', async () => {
    const sink = await open();
    const items = ['A', 'B', 'C'].map((rule, at) => findingItem(1, rule, {}, at));
    const labels = items.map(({ finding }) => labelOf(finding as never));
    server.expect(search([{ key: 'SEC-1', fields: { labels: [labels[1]] } }], labels));
    server.expect(create(), get('new', { order: orderOf(items[0] as SinkItem), digest: 'd' }), create());
    await sink.deliver(items, firstTry);
  });

  it('brings a changed finding up to date, and leaves labels, type and project to people', async () => {
    const sink = await open();
    const recurred = item(2, 'recurred', { title: 'Other words' });
    server.expect(
      search([hit]),
      get('indeterminate', { order: '', digest: 'old' }),
      put('/issue/SEC-1', (body) => {
        const { fields } = body as { fields: object };
        expect(Object.keys(fields).sort()).toEqual(['description', 'priority', 'summary']);
        expect(fields).toMatchObject({ summary: 'Other words (gosec G101)' });
      }),
      record(orderOf(recurred)),
    );
    await sink.deliver([recurred], firstTry);
  });

  it('writes nothing for a finding that is as it was', async () => {
    const sink = await open();
    let digest = '';
    server.expect(
      search([]),
      create(({ properties }) => {
        digest = (properties[0] as { value: { digest: string } }).value.digest;
      }),
    );
    await sink.deliver([item(1, 'opened')], firstTry);
    // Somebody closed it: while the finding merely recurs, that stands.
    server.expect(get('done', { order: orderOf(item(1, 'opened')), digest }));
    await sink.deliver([item(2, 'recurred')], firstTry);
  });

  it.each([
    ['fixed', 'new', {}, '31'],
    ['suppressed', 'indeterminate', {}, '31'],
    ['fixed', 'new', { fixed: ['won’t DO'] }, '41'],
    ['suppressed', 'new', { suppressed: ['Nowhere', 'Reject'] }, '41'],
    ['reopened', 'done', {}, '11'],
    ['opened', 'done', {}, '11'],
    ['reopened', 'done', { reopened: ['start'] }, '21'],
  ])(
    'moves the issue of a %s finding that is %s, with transitions %j, by %s',
    async (transition, category, names, id) => {
      const sink = await open({ ...cloud, transitions: names });
      const changed = item(2, transition);
      server.expect(search([hit]), get(category, { order: '', digest: 'old' }));
      const isOpen = transition === 'reopened' || transition === 'opened';
      if (isOpen) server.expect(put('/issue/SEC-1'));
      server.expect(transitions, move(id), record(orderOf(changed), isOpen ? expect.any(String) : 'old'));
      await sink.deliver([changed], firstTry);
    },
  );

  it('sets a resolution where there is one to set', async () => {
    const sink = await open({ ...cloud, resolutions: { fixed: 'Fixed' } });
    const fixed = item(2, 'fixed');
    server.expect(search([hit]), get('new'), transitions, move('31', { resolution: { name: 'Fixed' } }));
    server.expect(record(orderOf(fixed), ''));
    await sink.deliver([fixed], firstTry);
  });

  it.each([
    ['is closed already', 'done', {}],
    ['is not to be moved', 'new', { fixed: [] }],
  ])('does not move an issue that %s', async (_, category, names) => {
    const sink = await open({ ...cloud, transitions: names });
    const fixed = item(2, 'fixed');
    server.expect(search([hit]), get(category), record(orderOf(fixed), ''));
    await sink.deliver([fixed], firstTry);
  });

  it('makes no issue for what is over', async () => {
    const sink = await open();
    server.expect(search([]));
    await sink.deliver([item(1, 'opened'), item(2, 'fixed')], firstTry);
  });

  it('does not let an older event undo a newer one', async () => {
    const sink = await open();
    server.expect(search([hit]), get('done', { order: orderOf(item(5, 'fixed')), digest: 'd' }));
    await sink.deliver([item(4, 'reopened')], firstTry);
  });

  it('goes on from where a crash left it', async () => {
    const sink = await open();
    const fixed = item(2, 'fixed');
    // Moved, and not noted.
    server.expect(search([hit]), get('done', { order: orderOf(item(1, 'opened')), digest: 'd' }));
    server.expect(record(orderOf(fixed), 'd'));
    await sink.deliver([fixed], firstTry);
  });

  it('makes an issue anew when somebody deleted it', async () => {
    const sink = await open();
    const gone = call(
      'GET /issue/SEC-1?fields=status&properties=dev.assay.finding',
      { errorMessages: ['gone'] },
      undefined,
      404,
    );
    server.expect(search([hit]), gone, create());
    await sink.deliver([item(2, 'recurred')], firstTry);
  });

  it('refuses what Jira refuses, in Jira’s words, after it told it of the others', async () => {
    const sink = await open();
    const items = ['A', 'B', 'C'].map((rule, at) => findingItem(1, rule, {}, at));
    const refusal = { errorMessages: ['No.'], errors: { priority: 'cannot be set' } };
    server.expect(
      search(
        [],
        items.map(({ finding }) => labelOf(finding as never)),
      ),
    );
    const refused = { ...create(), status: 400, answer: refusal };
    server.expect(refused, create(), refused);
    const error = await errorOf(sink.deliver(items, firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain('No.; priority: cannot be set');
    expect(error.message).toContain('1 more');
  });

  it('says which transitions there are when none suits', async () => {
    const sink = await open({ ...cloud, transitions: { fixed: ['Close'] } });
    server.expect(search([hit]), get('new'), transitions);
    const error = await errorOf(sink.deliver([item(2, 'fixed')], firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain('"Finish" to Done');
    expect(error.message).toContain('config.transitions.fixed');
  });

  it.each([
    ['is lost', { respond: (response: { destroy(): void }) => void response.destroy() }],
    ['is 502', { status: 502, answer: '' }],
  ])('waits for Jira’s index when the answer to a new issue %s', async (_, way) => {
    const sink = await open({ ...cloud, indexDelayMs: 50 });
    server.expect(search([]), { ...create(), ...way });
    const error = await errorOf(sink.deliver([item(1, 'opened')], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect((error as Transient).retryAfterMs).toBe(50);
    expect(error.message).not.toContain(token);
  });

  it('does not search before Jira’s index knows what was made before it opened', async () => {
    const sink = await open({ ...cloud, indexDelayMs: 60_000 });
    const aborting = new AbortController();
    const delivery = sink.deliver([item(1, 'opened')], { ...firstTry, signal: aborting.signal });
    aborting.abort();
    expect(await errorOf(delivery)).toBeInstanceOf(Transient);
  });

  it.each([
    [429, { 'retry-after': '3' }, 'sink.jira', 3000],
    [503, {}, 'sink.jira', undefined],
    [401, {}, 'sink.credential-refused', undefined],
    [403, {}, 'sink.credential-refused', undefined],
    [400, {}, 'sink.credential-refused', undefined],
    [410, {}, 'sink.credential-refused', undefined],
  ])('tries again after %i of a search', async (status, answerHeaders, code, retryAfterMs) => {
    const sink = await open();
    server.expect({ ...search([]), status, answerHeaders: answerHeaders as Record<string, string>, answer: '' });
    const error = await errorOf(sink.deliver([item(1, 'opened')], firstTry));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ code, retryAfterMs });
  });

  it.each(['', '<html>Log in</html>', '[]', '{"issues":[{"key":1}]}'])(
    'does not take %j for an answer',
    async (answer) => {
      const sink = await open();
      server.expect({ ...search([]), answer });
      expect((await errorOf(sink.deliver([item(1, 'opened')], firstTry))).message).toContain('none of Jira’s API');
    },
  );

  it('previews what it would write, and writes nothing', async () => {
    const sink = await open();
    const items = [findingItem(1, 'A'), findingItem(1, 'B', { transition: 'fixed' }, 1)];
    const labels = items.map(({ finding }) => labelOf(finding as never));
    server.expect(search([{ key: 'SEC-1', fields: { labels: [labels[1]] } }], labels), get('new'), transitions);
    const preview = await sink.preview?.(items, firstTry);
    expect(preview).toMatch(/^create \{"project":\{"key":"SEC"\}/);
    expect(preview).toContain('\nmove SEC-1 by transition 31');
    expect(preview).not.toContain(token);
  });

  it('speaks version 2 with a personal access token to Jira Data Center', async () => {
    const dataCenter = (expected: Expected): Expected => ({
      ...expected,
      path: expected.path.replace('/rest/api/3', '/jira/rest/api/2'),
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
    const config = { url: `${server.url}/jira/`, edition: 'data-center', project: 'SEC', indexDelayMs: 0 };
    const sink = await open(config, { token }, dataCenter(project));
    const jql = `project = "SEC" AND labels in ("${label}") ORDER BY created ASC`;
    const page = (startAt: number, issues: object[]) =>
      dataCenter(
        call('POST /search', { startAt, total: 2, issues }, { jql, maxResults: 100, fields: ['labels'], startAt }),
      );
    server.expect(
      page(0, [{ key: 'SEC-8', fields: { labels: [] } }]),
      page(1, [{ key: 'SEC-9', fields: { labels: [] } }]),
    );
    server.expect(dataCenter(create(({ fields }) => expect(fields.description).toContain('* *Severity:* high'))));
    await sink.deliver([item(1, 'opened')], firstTry);
  });

  it.each([
    ['a project that is not there', call('GET /project/SEC', {}, undefined, 404), 'no project SEC'],
    ['a type of issue that is not there', call('GET /project/SEC', { issueTypes: [{ name: 'Task' }] }), 'it has Task'],
  ])('is refused with %s', async (_, first, reason) => {
    const error = await errorOf(open(cloud, { token }, first));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  it.each([
    ['no token', cloud, {}, 'credentials.token'],
    ['a project that is no key', { ...cloud, project: 'x" OR 1=1' }, { token }, 'config of a jira sink'],
    ['a label with a quote', { ...cloud, labels: ['a"b'] }, { token }, 'config of a jira sink'],
    ['a user with a colon', { ...cloud, user: 'a:b' }, { token }, 'config of a jira sink'],
    ['a severity that is none', { ...cloud, priorities: { urgent: 'High' } }, { token }, 'config of a jira sink'],
    ['a field that is no template', { ...cloud, fields: { x: ['{{{title}}}'] } }, { token }, 'config.fields.x.0'],
  ])('is refused at once with %s', async (_, config, secrets, reason) => {
    const work = jira.open({ url: server.url, allowPrivate: true, ...config }, secrets as Secrets, testContext());
    const error = await errorOf(work);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  it('is for findings', async () => {
    const context = testContext({ hasFindings: false });
    const error = await errorOf(jira.open({ url: server.url, allowPrivate: true, ...cloud }, { token }, context));
    expect(error.message).toContain('is for findings');
  });
});
