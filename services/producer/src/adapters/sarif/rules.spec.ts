import { Kind } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { driver, one, read } from '../../testing/sarif-log.ts';

describe('rules', () => {
  const run = {
    tool: {
      driver: {
        name: 'Demo',
        rules: [
          { id: 'D0', name: 'zero' },
          { id: 'D1', guid: 'AA', name: 'one' },
        ],
      },
      extensions: [
        { name: 'pack', guid: 'GG', rules: [{ id: 'E0', name: 'extension' }] },
        { name: 'other', rules: [{ id: 'F0', name: 'second' }] },
      ],
    },
  };
  it.each([
    [{ ruleId: 'D1' }, 'D1', 'one'],
    [{ ruleIndex: 1 }, 'D1', 'one'],
    [{ rule: { index: 0 } }, 'D0', 'zero'],
    [{ rule: { id: 'D1' } }, 'D1', 'one'],
    [{ rule: { guid: 'aa' } }, 'D1', 'one'],
    [{ ruleId: 'D1/case/7' }, 'D1/case/7', 'one'],
    [{ ruleId: 'D0', ruleIndex: 1 }, 'D0', 'zero'],
    [{ ruleId: 'D1', ruleIndex: -1 }, 'D1', 'one'],
    [{ ruleId: 'E0' }, 'E0', 'extension'],
    [{ ruleId: 'E0', rule: { index: 0, toolComponent: { index: 0 } } }, 'E0', 'extension'],
    [{ rule: { index: 0, toolComponent: { name: 'other' } } }, 'F0', 'second'],
    [{ rule: { index: 0, toolComponent: { guid: 'GG' } } }, 'E0', 'extension'],
    [{ ruleId: 'constructor' }, 'constructor', 'constructor'],
    [{ ruleIndex: 99 }, 'unnamed', 'unnamed'],
  ])('%j is rule %s', async (result, rule, title) => {
    expect(await one(run, result)).toMatchObject({ rule, title });
  });

  it.each([
    ['work.lab.rules.js-eval', '', 'js-eval'],
    ['js-eval', '', 'js-eval'],
    ['rules.python.lang.eval', 'https://semgrep.dev/r/python.lang.eval', 'python.lang.eval'],
  ])('of semgrep are known by their own name: %s (%s)', async (ruleId, helpUri, rule) => {
    const run = { tool: { driver: { name: 'Semgrep OSS', rules: [{ id: ruleId, helpUri }] } } };
    expect((await one(run, { ruleId })).rule).toBe(rule);
  });

  it('may stand behind the results, of several tools in one file', async () => {
    const run = (name: string, level: string) => ({
      results: [{ ruleId: 'A', message: { text: name } }],
      tool: { driver: { name, version: '1', rules: [{ id: 'A', defaultConfiguration: { level } }] } },
    });
    const report = await read({
      runs: [run('One', 'error'), run('Two', 'note'), run('one', 'none')],
      version: '2.1.0',
    });
    expect(report.tool).toBe('one 1');
    expect(report.drafts.map(({ title, severity, tool }) => [title, severity, tool?.name])).toEqual([
      ['One', 4, undefined],
      ['Two', 2, 'two'],
      ['one', 1, undefined],
    ]);
  });
});

describe('messages (§3.11)', () => {
  const rules = [{ id: 'A', messageStrings: { use: { text: '{0} is used in {1}, not {{0}}', markdown: '*no*' } } }];
  it.each([
    [{ text: 'plain', markdown: '**no**' }, 'plain'],
    [{ id: 'use', arguments: ['md5', 'a.go'] }, 'md5 is used in a.go, not {0}'],
    [{ id: 'use', arguments: ['md5'] }, 'md5 is used in {1}, not {0}'],
    [{ id: 'all', arguments: ['x'] }, 'x everywhere'],
    [{ text: 'set {"a": 1}' }, 'set {"a": 1}'],
    [{ text: 'flows from [user \\[input\\]](1) to [a sink](2)' }, 'flows from user [input] to a sink'],
    [{ text: 'see [docs](https://example.org)' }, 'see [docs](https://example.org)'],
  ])('%j reads %j', async (message, title) => {
    const run = driver(rules, { globalMessageStrings: { all: { text: '{0} everywhere' } } });
    expect((await one(run, { ruleId: 'A', message })).title).toBe(title);
  });

  it('does not grow beyond bounds by its arguments', async () => {
    const message = { text: '{0}'.repeat(1e6), arguments: ['x'.repeat(1e6)] };
    expect((await one({}, { message })).title?.length).toBeLessThanOrEqual(65_536);
  });

  it('gives a long message a short title and keeps the whole', async () => {
    const text = `A first sentence that says it. ${'More words. '.repeat(40)}`.trim();
    expect(await one({}, { message: { text } })).toMatchObject({
      title: 'A first sentence that says it.',
      description: text,
    });
    // Cut later, when its secrets are out.
    expect((await one({}, { message: { text: 'x'.repeat(900) } })).title).toHaveLength(900);
  });
});

describe('weaknesses and vulnerabilities', () => {
  const guid = 'f2856fc0';
  const taxonomies = [{ name: 'OWASP' }, { name: 'CWE', guid }];
  it.each([
    [{ properties: { tags: ['external/cwe/cwe-079', 'security'] } }, {}, [79]],
    [{ properties: { tags: ['CWE-89: SQL Injection', 'CWE-20'] } }, {}, [20, 89]],
    [{ properties: { cwe: 'CWE-185: Incorrect Regular Expression' } }, {}, [185]],
    [{ properties: { cwe: ['CWE-1', 22] } }, {}, [1, 22]],
    [{ relationships: [{ target: { id: '78', toolComponent: { name: 'CWE' } } }] }, {}, [78]],
    [{ relationships: [{ target: { id: '78', toolComponent: { guid } } }] }, {}, [78]],
    [{ relationships: [{ target: { id: '78', toolComponent: { index: 0 } } }] }, {}, []],
    [{}, { taxa: [{ id: 'CWE-611', toolComponent: { index: 1 } }] }, [611]],
    [{}, { properties: { cwe: 'CWE-327' } }, [327]],
  ])('%j and %j → CWEs %j', async (rule, result, cwes) => {
    const run = { ...driver([{ id: 'A', ...rule }]), taxonomies };
    expect((await one(run, { ruleId: 'A', ...result })).cwes).toEqual(cwes);
  });

  it('finds CVEs in ids, tags and aliases', async () => {
    const rules = [
      {
        id: 'GHSA-hp87-p4gw-j4gq',
        deprecatedIds: ['CVE-2022-28948', 'GO-2022-0603'],
        properties: { tags: ['cve-2020-1234'] },
      },
    ];
    expect(await one(driver(rules), { ruleIndex: 0 })).toMatchObject({
      kind: Kind.VULNERABILITY,
      cves: ['CVE-2020-1234', 'CVE-2022-28948'],
    });
  });
});
