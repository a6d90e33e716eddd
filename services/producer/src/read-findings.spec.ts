import { Fault, findingType } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { Adapter, FindingDraft, Parsing } from './adapter.ts';
import { type IdentifiedFinding, readFindings } from './read-findings.ts';
import { Redactor } from './redact.ts';
import { Tally } from './tally.ts';

async function read(drafts: readonly FindingDraft[], sourceRoot = '/src', parse?: (parsing: Parsing) => void) {
  const adapter: Adapter = {
    name: 'fake',
    title: 'drafts of a spec',
    recognises: () => false,
    async *parse(_, parsing) {
      parse?.(parsing);
      for (const draft of drafts) {
        parsing.record();
        yield structuredClone(draft) as FindingDraft;
      }
    },
  };
  const redactor = new Redactor('key');
  const tally = new Tally(redactor, sourceRoot);
  const report = { open: () => (async function* () {})(), sourceRoot };
  const found: IdentifiedFinding[] = [];
  const options = { adapter, report, target: 't', redactor, tally, tool: { name: 'Given', version: '1' } };
  for await (const some of readFindings(options)) found.push(...some);
  return { found, tally, first: findingType.create(found[0]?.finding ?? {}) };
}

const draft: FindingDraft = { rule: 'R', title: 'title', location: { path: 'a.js', startLine: 1 }, content: 'eval(x)' };

describe('readFindings', () => {
  it('bounds every text', async () => {
    const long = 'x '.repeat(50_000);
    const many = Array.from({ length: 100 }, (_, index) => `https://example.com/${index}`);
    const { first } = await read([
      {
        ...draft,
        rule: long,
        title: long,
        description: long,
        location: { path: long, snippet: 'ä'.repeat(5000) },
        references: many,
        properties: Object.fromEntries(many.map((key) => [key, long])),
        suppression: { kind: 'in-source', justification: long },
        cves: many,
      },
    ]);
    expect(first.title.length).toBe(300);
    expect(first.description.length).toBe(16_384);
    expect(Buffer.byteLength(first.location?.snippet ?? '')).toBeLessThanOrEqual(2048);
    expect(first.location?.snippet).not.toContain('\ufffd');
    expect([first.references.length, first.cves.length, Object.keys(first.properties).length]).toEqual([32, 32, 32]);
    expect(findingType.encode(first).length).toBeLessThan(128 * 1024);
  });

  it('takes a secret out of every text, also where cutting would leave half of it', async () => {
    const secret = 'correct-horse-battery';
    const { first } = await read([
      {
        rule: 'R',
        title: `${'x'.repeat(290)}${secret}`,
        description: `${'x'.repeat(16_370)}${secret}`,
        location: { path: `a/${secret}.js`, snippet: `${'x'.repeat(2040)}${secret}` },
        references: [`https://example.com/?q=${secret}`],
        properties: { a: secret },
        suppression: { kind: 'in-source', justification: secret },
        purl: `pkg:generic/x?download_url=${secret}`,
        secrets: [secret],
      },
    ]);
    expect(JSON.stringify(first)).not.toContain('correct-');
  });

  it.each([
    ['that is a word of it', 'admin', 'src/admin/x.py', 'src/admin/x.py'],
    ['that is all of it', 'settings.py', 'settings.py', 'settings.py'],
    ['as long as a key', 'correct-horse-battery', 'a/correct-horse-battery.pem', 'a/[redacted].pem'],
  ])('leaves of a secret in a path what may be a name: one %s', async (_, secret, path, expected) => {
    const { first } = await read([
      { ...draft, title: `password is '${secret}'`, location: { path }, content: secret, secrets: [secret] },
    ]);
    expect([first.location?.path, first.title]).toEqual([expected, `password is '[redacted]'`]);
  });

  it('finds generic secrets where the adapter names none', async () => {
    const { first } = await read([
      { ...draft, title: 'password = "hunter2"', properties: { code: 'token: "hunter2"' } },
    ]);
    expect(first.title).toBe('password = "[redacted]"');
    expect(first.properties).toEqual({ code: 'token: "[redacted]"' });
  });

  it('keeps two secrets in one place two findings', async () => {
    const { found } = await read(
      ['a-secret', 'b-secret'].map((secret) => ({ ...draft, content: `x = ${secret}`, secrets: [secret] })),
    );
    expect(new Set(found.map(({ identity }) => identity)).size).toBe(2);
  });

  it.each([
    ['/src/a/b.js', 'a/b.js', {}],
    ['./a//b.js', 'a/b.js', {}],
    ['/usr/lib/x.js', '/usr/lib/x.js', { outsideRoot: 'true' }],
    ['../x.js', '../x.js', { outsideRoot: 'true' }],
  ])('makes the path %s %s', async (path, expected, properties) => {
    const { first } = await read([{ ...draft, location: { path } }]);
    expect([first.location?.path, first.properties]).toEqual([expected, properties]);
  });

  it.each<[string, FindingDraft['tool'], (parsing: Parsing) => void, string]>([
    ['its own', { name: 'Own', version: '3' }, (parsing) => parsing.tool('Report', '2'), 'own 3'],
    ['the report’s', undefined, (parsing) => parsing.tool('Report', '2'), 'report 2'],
    ['the submitter’s', undefined, () => undefined, 'given 1'],
  ])('names %s tool', async (_, tool, parse, expected) => {
    const { found } = await read([tool ? { ...draft, tool } : draft], '', parse);
    expect(`${found[0]?.tool.name} ${found[0]?.tool.version}`).toBe(expected);
  });

  it.each([
    [{ title: 'a\r\n b\tc' }, 'a b c'],
    [{ title: '', description: 'from here' }, 'from here'],
    [{ title: '', description: '' }, 'R'],
  ])('makes %j the title %j', async (fields, title) => {
    expect((await read([{ ...draft, ...fields }])).first.title).toBe(title);
  });

  it('drops empty properties and treats __proto__ as a name', async () => {
    const properties = JSON.parse('{"__proto__":"x","empty":"","a":"b"}');
    const { first } = await read([{ ...draft, properties }]);
    expect(Object.getPrototypeOf(first.properties)).toBe(Object.prototype);
    expect(first.properties['a']).toBe('b');
    expect(first.properties['empty']).toBeUndefined();
  });
});

describe('Tally', () => {
  const tally = () => new Tally(new Redactor('key'), '/src/');

  it('is a fault when the counts do not add up', () => {
    const wrong = tally();
    wrong.record();
    expect(() => wrong.check('fake')).toThrow(Fault);
    wrong.filter('a pass');
    expect(() => wrong.check('fake')).not.toThrow();
    wrong.merge('twice');
    expect(() => wrong.check('fake')).toThrow('1 records');
  });

  it('keeps notes few, short, without secrets and without the source root', () => {
    const noted = tally();
    noted.note('in /src/a.js: password="hunter2"\n  next line');
    noted.note('in a.js: password="[redacted]" next line');
    for (let index = 0; index < 200; index++) noted.partial(`${index} ${'x'.repeat(1000)}`);
    expect(noted.notes).toHaveLength(100);
    expect(noted.notes[0]).toBe('in a.js: password="[redacted]" next line');
    expect(noted.notes[1]).toHaveLength(500);
    expect(noted.notes[99]).toBe('and 102 more');
  });

  it('never takes a failure back', () => {
    const failed = tally();
    failed.failed('x');
    failed.partial('y');
    expect(failed.completeness).toBe(3);
  });
});
