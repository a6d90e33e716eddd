import { describe, expect, it } from '@jest/globals';
import { formatOf } from '../../testing/format-of.ts';
import { parseContent, readFixture } from '../../testing/parse-fixture.ts';
import { sarif } from '../sarif/index.ts';
import { findsecbugs } from './index.ts';

const fixture = (name: string) => readFixture(`${import.meta.dirname}/fixtures/${name}`);
const collection = (inner: string) => `<?xml version="1.0"?><BugCollection version="4.8.6">${inner}</BugCollection>`;
const bug = (attributes: string, inner = '') =>
  collection(`<BugInstance type="XSS" priority="1" rank="7" ${attributes}>${inner}</BugInstance>`);

describe('findsecbugs', () => {
  // Counted with: grep -c '<BugInstance ', and by their rank.
  it.each([
    ['small-java.xml', 11, { high: 1, medium: 8, low: 2 }, 11],
    ['shop.xml', 6, { medium: 6 }, 5],
  ])('reads every bug of %s', async (name, findings, severities, rules) => {
    const { records, summary } = await parseContent(findsecbugs, fixture(name));
    expect(summary).toMatchObject({
      raw: findings,
      findings,
      merged: 0,
      filtered: 0,
      severities,
      completeness: 'complete',
      notes: [],
      tool: 'spotbugs',
      toolVersion: '4.8.6',
    });
    expect(new Set(records.map(({ rule }) => rule)).size).toBe(rules);
    expect(new Set(records.map(({ id }) => id)).size).toBe(findings);
    expect(records.filter(({ path }) => !path || path.startsWith('/'))).toEqual([]);
  });

  it('reads every field', async () => {
    const { records } = await parseContent(findsecbugs, fixture('shop.xml'));
    expect(records.find(({ rule }) => rule === 'COMMAND_INJECTION')).toEqual({
      id: expect.any(String),
      target: 'target',
      tool: 'spotbugs',
      toolVersion: '4.8.6',
      rule: 'COMMAND_INJECTION',
      title: 'Potential Command Injection',
      description:
        'This usage of java/lang/Runtime.exec(Ljava/lang/String;)Ljava/lang/Process; can be vulnerable to Command Injection',
      severity: 'medium',
      confidence: 'medium',
      kind: 'weakness',
      cwes: [78],
      path: 'src/main/java/org/acme/Shop.java',
      startLine: 16,
      endLine: 16,
      properties: { category: 'SECURITY', rank: '12', place: 'org.acme.Shop.run' },
    });
  });

  it('says of a project what its SARIF says', async () => {
    const told = async (adapter: typeof sarif, name: string) => {
      const { records, summary } = await parseContent(adapter, fixture(name), {
        sourceRoot: '/workspace/source/small-java',
      });
      const rows = records.map(({ rule, title, severity, kind, cwes, path, startLine }) =>
        JSON.stringify({ rule, title, severity, kind, cwes, path, startLine }),
      );
      return { rows: rows.sort(), completeness: summary.completeness, tool: summary.tool };
    };
    const inXml = await told(findsecbugs, 'small-java.xml');
    const inSarif = await told(sarif, 'small-java.sarif');
    // SARIF leaves out the weakness of bugs that only their kind has one for.
    const apart = (rows: string[]) => rows.filter((row) => !row.includes('DMI_RANDOM_USED_ONLY_ONCE'));
    expect({ ...inXml, rows: apart(inXml.rows) }).toEqual({ ...inSarif, rows: apart(inSarif.rows) });
    expect(inXml.rows).toHaveLength(inSarif.rows.length);
  });

  it('shows no password that it finds', async () => {
    const { records, summary } = await parseContent(findsecbugs, fixture('small-java.xml'));
    expect(fixture('small-java.xml').toString()).toContain('hunter2hunter2');
    expect(JSON.stringify([records, summary])).not.toContain('hunter2');
    const named = '<LongMessage>Password "tops3cret" found</LongMessage><String value="tops3cret"/>';
    const own = await parseContent(findsecbugs, bug('cweid="259"', named));
    expect(own.records[0]).toMatchObject({ kind: 'secret', description: 'Password "[redacted]" found' });
  });

  it('knows a bug again that moved', async () => {
    const ids = async (text: string) => (await parseContent(findsecbugs, text)).records.map(({ id }) => id);
    const before = fixture('shop.xml').toString();
    const moved = before.replace(/(start|end)="(\d+)"/g, (_, end, line) => `${end}="${Number(line) + 3}"`);
    expect(moved).not.toBe(before);
    expect(await ids(moved)).toEqual(await ids(before));
    // Two calls in one method stay two.
    expect(new Set(await ids(before)).size).toBe(6);
  });

  it('gives the same for any way the bytes come', async () => {
    const content = fixture('shop.xml');
    expect(await parseContent(findsecbugs, content, { chunkBytes: 61 })).toEqual(
      await parseContent(findsecbugs, content),
    );
  });

  it.each([
    ['1', 'high'],
    ['9', 'high'],
    ['10', 'medium'],
    ['15', 'low'],
    ['20', 'low'],
    ['21', 'unspecified'],
    ['x', 'unspecified'],
  ])('rank %s is %s', async (rank, severity) => {
    const { records } = await parseContent(findsecbugs, collection(`<BugInstance type="X" rank="${rank}"/>`));
    expect(records[0]).toMatchObject({ severity });
  });

  it('takes the line of the method where the bug has none of its own', async () => {
    const line = (number: number, more = '') =>
      `<SourceLine sourcepath="A.java" start="${number}" end="${number}" ${more}/>`;
    const inner = `<Class classname="A" primary="true">${line(1)}</Class>
      <Method classname="B" name="other">${line(2)}</Method>
      <Method classname="A" name="run" primary="true">${line(3)}</Method>${line(4, 'role="SOURCE_LINE_ANOTHER_INSTANCE"')}`;
    const { records } = await parseContent(findsecbugs, bug('', inner));
    expect(records[0]).toMatchObject({ path: 'A.java', startLine: 3, properties: { place: 'A.run' } });
  });

  it('keeps what somebody said of a bug, and leaves out those of earlier versions', async () => {
    const said = '<UserAnnotation designation="NOT_A_BUG" user="ann">reviewed</UserAnnotation>';
    const { records } = await parseContent(findsecbugs, bug('last="-1"', said));
    expect(records[0]).toMatchObject({ suppression: { kind: 'external', justification: 'reviewed' } });
    const open = await parseContent(findsecbugs, bug('', said.replace('NOT_A_BUG', 'MUST_FIX')));
    expect(open.records[0]?.suppression).toBeUndefined();
    const { summary } = await parseContent(findsecbugs, bug('last="3"'));
    expect(summary).toMatchObject({ raw: 1, findings: 0, filteredReasons: { 'no longer there (last)': 1 } });
  });

  it.each([
    ['<Errors errors="0" missingClasses="1"><MissingClass>makeConcatWithConstants</MissingClass></Errors>', []],
    [
      '<Errors errors="1" missingClasses="1"><MissingClass>org.acme.Base</MissingClass><Error><ErrorMessage>Unable to read A</ErrorMessage><Exception>java.io.IOException</Exception><StackTrace>at x</StackTrace></Error></Errors>',
      ['class needed for analysis was missing: org.acme.Base', 'not analysed: Unable to read A'],
    ],
    ['<Errors errors="2" missingClasses="0"/>', ['SpotBugs tells of 2 errors']],
    ['<FindBugsSummary total_classes="0"/>', ['SpotBugs looked at no class: is the project compiled?']],
    ['<FindBugsSummary total_classes="1"><FileStats/></FindBugsSummary>', []],
  ])('of %s says %j', async (inner, notes) => {
    const { summary } = await parseContent(findsecbugs, collection(inner));
    expect(summary).toMatchObject({ notes, completeness: notes.length > 0 ? 'partial' : 'complete' });
  });

  it.each([
    ['small-java.xml', 'findsecbugs'],
    ['shop.xml', 'findsecbugs'],
    ['small-java.sarif', 'sarif'],
  ])('%s is recognised as %s', async (name, format) => {
    expect(await formatOf(fixture(name))).toBe(format);
  });

  it.each([
    ['', 'report.empty', 'empty'],
    ['<checkstyle/>', 'report.format', 'BugCollection'],
    [collection('<BugInstance rank="1"/>'), 'report.field', 'SpotBugs bug 0 has no type'],
    ['<BugCollection><BugInstance type="X">', 'report.truncated', 'line 1'],
    [
      collection('<file classname="A"><BugInstance type="X" lineNumber="3"/></file>'),
      'report.format',
      'spotbugsXml.xml',
    ],
    ['<!DOCTYPE x [<!ENTITY a "b">]><BugCollection/>', 'report.dtd', 'DTD'],
  ])('refuses %j', async (content, code, message) => {
    await expect(parseContent(findsecbugs, content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
