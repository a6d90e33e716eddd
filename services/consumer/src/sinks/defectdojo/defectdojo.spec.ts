import { InvalidInput, Transient } from '@assay/contracts';
import { type Expected, type Received, type ScriptedServer, startScriptedServer } from '@assay/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Secrets, Sink, SinkContext } from '../../sink.ts';
import { errorOf, findingItem, firstTry, testContext } from '../../testing/sink-context.ts';
import { genericFinding } from './generic-finding.ts';
import { defectdojo } from './index.ts';

const secrets: Secrets = { token: 'c8572a5adf107a693aa6c72584da31f4d1f1dcff' };
const headers = { authorization: `Token ${secrets.token}` };

// https://demo.defectdojo.org/api/v2/oa3/swagger-ui/: GET /user_profile/, POST /reimport-scan/
const isThere: Expected = {
  method: 'GET',
  path: '/api/v2/user_profile/',
  headers,
  answer: { user: { id: 1, username: 'assay' } },
};
const form = {
  scan_type: ['Generic Findings Import'],
  product_type_name: ['Assay'],
  product_name: ['shop'],
  engagement_name: ['Assay'],
  test_title: ['gosec'],
  auto_create_context: ['true'],
  close_old_findings: ['false'],
  do_not_reactivate: ['true'],
  minimum_severity: ['Info'],
  tags: ['assay'],
};
const reimport = (fields: Record<string, string[]> = {}, change: Partial<Expected> = {}): Expected => ({
  method: 'POST',
  path: '/api/v2/reimport-scan/',
  headers: { ...headers, 'content-type': /^multipart\/form-data; boundary=\S+$/ },
  check: async (received) => {
    const parts = await received.form();
    const names = [...new Set(parts.keys())].filter((part) => part !== 'file');
    const sent = Object.fromEntries(names.map((part) => [part, parts.getAll(part)]));
    expect(sent).toEqual({ ...form, ...fields });
    const file = parts.get('file') as File;
    expect([file.name, file.type]).toEqual(['assay.json', 'application/json']);
  },
  status: 201,
  answer: { test_id: 7, engagement_id: 3, product_id: 2, product_type_id: 1 },
  ...change,
});

/** The findings of a request's file. */
async function findings(received: Received | undefined = server.received.at(-1)): Promise<Record<string, unknown>[]> {
  const file = (await received?.form())?.get('file') as File;
  return JSON.parse(await file.text()).findings;
}

let server: ScriptedServer;
const sinks: Sink[] = [];
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await server.close();
});

async function open(
  config: Record<string, unknown> = {},
  own: Secrets = secrets,
  change: Partial<SinkContext> = {},
): Promise<Sink> {
  const sink = await defectdojo.open({ url: server.url, allowPrivate: true, ...config }, own, testContext(change));
  sinks.push(sink);
  return sink;
}

async function opened(config: Record<string, unknown> = {}): Promise<Sink> {
  server.expect(isThere);
  return open(config);
}

describe('DefectDojo', () => {
  it('gets what changed of a target and a tool as a reimport that closes nothing by leaving it out', async () => {
    const sink = await opened();
    server.expect(reimport({ version: ['c0ffee'] }));
    await sink.deliver([findingItem(1, 'a', { revision: 'c0ffee' }), findingItem(1, 'b', {}, 1)], firstTry);
    expect(await findings()).toMatchObject([
      { unique_id_from_tool: 'a', active: true, is_mitigated: false, severity: 'High', date: '2026-01-31' },
      { unique_id_from_tool: 'b', active: true },
    ]);
  });

  it('gets a file for each target and tool, one after the other', async () => {
    const sink = await opened({ productType: 'Web', engagement: 'Continuous', tags: ['a', 'b'] });
    const own = { product_type_name: ['Web'], engagement_name: ['Continuous'], tags: ['a', 'b'] };
    server.expect(
      reimport(own),
      reimport({ ...own, product_name: ['github.com/acme/ünï'] }),
      reimport({ ...own, test_title: ['trivy'] }),
    );
    const items = [
      findingItem(1, 'a'),
      findingItem(2, 'a', { target: 'github.com/acme/ünï' }),
      findingItem(3, 'a', { tool: 'trivy' }),
      findingItem(4, 'b'),
    ];
    await sink.deliver(items, firstTry);
    expect((await Promise.all(server.received.slice(1).map(findings))).map(({ length }) => length)).toEqual([2, 1, 1]);
  });

  it('opens again only what the ledger says is there again', async () => {
    const sink = await opened();
    server.expect(reimport(), reimport({ do_not_reactivate: ['false'] }));
    const items = ['opened', 'reopened', 'recurred', 'fixed', 'suppressed'].map((transition, position) =>
      findingItem(1, transition, { transition }, position),
    );
    await sink.deliver(items, firstTry);
    const [first, second] = await Promise.all(server.received.slice(1).map(findings));
    expect(first?.map((finding) => finding.unique_id_from_tool)).toEqual(['opened', 'recurred', 'fixed', 'suppressed']);
    expect(second?.map((finding) => finding.unique_id_from_tool)).toEqual(['reopened']);
  });

  it('gets the newest state of a finding only, whichever came last', async () => {
    const sink = await opened();
    server.expect(reimport());
    await sink.deliver([findingItem(2, 'a', { transition: 'fixed' }), findingItem(1, 'a')], firstTry);
    expect(await findings()).toMatchObject([{ unique_id_from_tool: 'a', is_mitigated: true }]);
  });

  it('gets less in a file where one is too large for what is in between', async () => {
    const sink = await opened();
    const tooLarge = reimport({}, { status: 413, answer: '<html>too large</html>' });
    server.expect(tooLarge, reimport(), reimport());
    await sink.deliver([findingItem(1, 'a'), findingItem(1, 'b', {}, 1), findingItem(1, 'c', {}, 2)], firstTry);
    const sent = await Promise.all(server.received.slice(2).map(findings));
    expect(sent.map((own) => own.map(({ unique_id_from_tool: id }) => id))).toEqual([['a', 'b'], ['c']]);
    server.expect(tooLarge);
    expect(await errorOf(sink.deliver([findingItem(1, 'a')], firstTry))).toBeInstanceOf(InvalidInput);
  });

  it('gets the same file when a delivery is repeated', async () => {
    const sink = await opened();
    server.expect(reimport({}, { status: 502, answer: '' }), reimport());
    expect(await errorOf(sink.deliver([findingItem(1, 'a')], firstTry))).toBeInstanceOf(Transient);
    await sink.deliver([findingItem(1, 'a')], { ...firstTry, attempt: 2 });
    expect(await findings(server.received[2])).toEqual(await findings(server.received[1]));
  });

  it.each([
    [500, '<h1>Server Error</h1>', Transient, 'answered 500'],
    [429, { detail: 'Request was throttled.' }, Transient, 'Request was throttled.'],
    [403, { detail: 'You do not have permission.' }, Transient, 'may not do this'],
    [400, { product_type_name: ['conflict'] }, InvalidInput, '{"product_type_name":["conflict"]}'],
    [404, { detail: 'Not found.' }, Transient, 'Not found.'],
    [301, '', Transient, 'redirects are not followed'],
    [200, '<html>Log in</html>', Transient, 'not as DefectDojo does'],
    [201, '', Transient, 'not as DefectDojo does'],
  ])('is read when it answers %i %j', async (status, answer, kind, words) => {
    const sink = await opened();
    server.expect(reimport({}, { status, answer }));
    const error = await errorOf(sink.deliver([findingItem(1, 'a')], firstTry));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain(secrets.token);
  });

  it.each([
    [{ target: 'x'.repeat(256) }, 'the target has 256'],
    [{ tool: '' }, 'the tool has 0'],
  ])('never takes a finding whose %j can be no name', async (change, words) => {
    const sink = await opened();
    const error = await errorOf(sink.deliver([findingItem(1, 'a', change)], firstTry));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(words);
  });

  it.each([
    [401, Transient],
    [503, Transient],
    [404, Transient],
  ])('keeps the sink from opening when it answers %i', async (status, kind) => {
    server.expect({ ...isThere, status, answer: { detail: 'Invalid token.' } });
    expect(await errorOf(open())).toBeInstanceOf(kind);
  });

  it.each([
    [{}, {}, {}, 'needs credentials.token'],
    [{}, secrets, { hasFindings: false }, 'takes findings only'],
    [{ tags: ['a,b'] }, secrets, {}, 'config of a defectdojo sink is wrong'],
    [{ engagement: ' ' }, secrets, {}, 'config of a defectdojo sink is wrong'],
    [{ url: 'https://me:pw@dojo.example.com' }, secrets, {}, 'user name or password'],
  ])('is not asked with the config %j', async (config, own: Secrets, change, reason) => {
    const error = await errorOf(open(config, own, change));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });
});

describe('a finding of a generic import', () => {
  // What dojo/tools/generic takes in every version since 2.0; another member fails the file.
  const allowed =
    'title severity description date cwe cvssv3 references active verified false_p risk_accepted is_mitigated mitigated severity_justification steps_to_reproduce file_path component_name component_version static_finding dynamic_finding scanner_confidence unique_id_from_tool vuln_id_from_tool sast_source_line vulnerability_ids'.split(
      ' ',
    );
  const of = (change: Parameters<typeof findingItem>[2]) => {
    const item = findingItem(1, 'a', change);
    if (!item.finding) throw new Error('a finding item has a finding');
    return genericFinding(item, item.finding);
  };

  it('has each fact in its member, and no other member', () => {
    const finding = of({
      description: 'What it is.',
      confidence: 'high',
      cwes: [79, 80],
      cves: ['CVE-2021-44228', 'CVE-2021-45046'],
      cvss: { score: 9.8, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
      path: 'a/b.go',
      startLine: 12,
      snippet: 'x := `y`',
      purl: 'pkg:npm/%40acme/shop@1.2.3?os=linux#x',
      references: ['https://a.example', 'https://b.example'],
      severity: 'medium',
    });
    expect(finding).toEqual({
      title: 'About a',
      severity: 'Medium',
      description: 'What it is.\n\nAssay identity: a',
      unique_id_from_tool: 'a',
      vuln_id_from_tool: 'a',
      active: true,
      verified: false,
      is_mitigated: false,
      false_p: false,
      risk_accepted: false,
      static_finding: true,
      dynamic_finding: false,
      date: '2026-01-31',
      scanner_confidence: 1,
      cwe: 79,
      vulnerability_ids: ['CVE-2021-44228', 'CVE-2021-45046'],
      cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      file_path: 'a/b.go',
      sast_source_line: 12,
      steps_to_reproduce: '```\nx := `y`\n```',
      component_name: '@acme/shop',
      component_version: '1.2.3',
      references: 'https://a.example\nhttps://b.example',
    });
    expect(Object.keys(finding).filter((member) => !allowed.includes(member))).toEqual([]);
  });

  it.each([
    ['opened', undefined, { active: true, is_mitigated: false, false_p: false, risk_accepted: false }],
    ['reopened', undefined, { active: true, is_mitigated: false }],
    ['fixed', undefined, { active: false, is_mitigated: true, mitigated: '2026-01-31T00:00:01.000Z' }],
    ['suppressed', { kind: 'vex' }, { active: false, is_mitigated: false, false_p: true, risk_accepted: false }],
    ['suppressed', { kind: 'policy' }, { active: false, is_mitigated: false, false_p: false, risk_accepted: true }],
  ])('is, when it was %s (%j), %j', (transition, suppression, state) => {
    expect(of({ transition, ...(suppression ? { suppression } : {}) })).toMatchObject(state);
  });

  it('says of a severity that is not known that it is Info, and why', () => {
    expect(of({ severity: 'unspecified' })).toMatchObject({
      severity: 'Info',
      severity_justification: 'gosec gives no severity.',
    });
  });

  it.each([
    ['pkg:golang/github.com/acme/x@v1.0.0', 'github.com/acme/x', 'v1.0.0'],
    ['pkg:deb/debian/openssl', 'debian/openssl', undefined],
    ['pkg:npm/%zz@1', '%zz', '1'],
  ])('of the package %s has its name and version', (purl, component_name, component_version) => {
    const finding = of({ purl });
    expect([finding.component_name, finding.component_version]).toEqual([component_name, component_version]);
  });

  it('fences a snippet that has fences of its own', () => {
    expect(of({ snippet: 'a\n````\nb' })).toMatchObject({ steps_to_reproduce: '`````\na\n````\nb\n`````' });
  });

  it('has texts that fit the columns of its database', () => {
    const finding = of({
      title: `\0\ud800${'x'.repeat(600)}`,
      path: 'p'.repeat(5000),
      startLine: 2 ** 32 - 1,
      cwes: [2 ** 32 - 1, 79],
      cves: ['CVE-2021-44228', 'x'.repeat(51)],
      cvss: { score: 1, vector: `CVSS:3.1/${'A'.repeat(200)}` },
    });
    expect(finding.title).toBe(`\ufffd\ufffd${'x'.repeat(509)}`);
    expect(finding).toMatchObject({
      file_path: 'p'.repeat(4000),
      sast_source_line: 2 ** 31 - 1,
      cwe: 79,
      vulnerability_ids: ['CVE-2021-44228'],
    });
    expect(finding).not.toHaveProperty('cvssv3');
  });
});
