import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSinkFiles, type SinkFiles } from './read-sink-files.ts';
import { sinkTypeOf } from './sinks/by-name.ts';
import { compileTemplates } from './template.ts';

const none: SinkFiles = { sinks: new Map(), problems: [] };
const good = 'name: alerts\ntype: stdout\nsubject: assay.finding.changed.opened.>\n';
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-sinks-'));
});
afterEach(() => rm(folder, { recursive: true }));

function summary({ sinks, problems }: SinkFiles) {
  return {
    sinks: [...sinks.values()].map(({ spec, where }) => [spec.name, where.slice(folder.length + 1)]),
    problems: problems.map(({ where, reason }) => [where.slice(folder.length + 1), reason]),
  };
}

describe('the sinks under examples/', () => {
  it('can be declared as they stand', async () => {
    const examples = join(import.meta.dirname, '../../../examples/sinks');
    const { sinks, problems } = await readSinkFiles(examples, none);
    expect(problems).toEqual([]);
    expect(sinks.size).toBe((await readdir(examples)).length);
    for (const { spec } of sinks.values()) {
      const type = sinkTypeOf(spec.type);
      type.check(spec.config);
      compileTemplates(spec.template ?? {}, type.templates);
      expect(type.credentials).toEqual(expect.arrayContaining(Object.keys(spec.credentials ?? {})));
    }
  });
});

describe('readSinkFiles', () => {
  it('reads one or several documents of each file', async () => {
    await writeFile(join(folder, 'a.yaml'), `${good}---\n${good.replace('alerts', 'more')}`);
    await writeFile(join(folder, 'b.yml'), `# a comment\n${good.replace('alerts', 'other')}`);
    await writeFile(join(folder, 'notes.txt'), 'not: [a sink');
    expect(summary(await readSinkFiles(folder, none))).toEqual({
      sinks: [
        ['alerts', 'a.yaml:1'],
        ['more', 'a.yaml:5'],
        ['other', 'b.yml:2'],
      ],
      problems: [],
    });
  });

  it.each([
    ['yaml that is none', 'name: alerts\ntype: [stdout\n', 'bad.yaml:3', 'Flow sequence in block collection'],
    ['an unknown member', `${good}colour: red\n`, 'bad.yaml:1', 'sink has no member "colour"'],
    ['a wrong member', `${good}batch:\n  waitMs: 5\n  size: many\n`, 'bad.yaml:6', 'sink.batch.size must be'],
    [
      'a literal secret',
      `${good}credentials:\n  secret: hunter2\n`,
      'bad.yaml:5',
      'sink.credentials.secret must refer',
    ],
    ['a list', '- 1\n', 'bad.yaml:1', 'sink must be an object'],
    ['a name that is taken', good, 'bad.yaml:1', 'sink "alerts" is declared in'],
    ['a bomb of aliases', bomb(), 'bad.yaml:1', 'Excessive alias count'],
    ['more bytes than anybody writes', `# ${'x'.repeat(256 * 1024)}\n`, 'bad.yaml:1', 'at most 262144 are read'],
  ])('tells file and line of %s, and reads the others', async (_, text, where, reason) => {
    await writeFile(join(folder, 'a.yaml'), good);
    await writeFile(join(folder, 'bad.yaml'), text);
    const { sinks, problems } = summary(await readSinkFiles(folder, none));
    expect(sinks).toEqual([['alerts', 'a.yaml:1']]);
    expect(problems).toEqual([[where, expect.stringContaining(reason)]]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('keeps what a file declared before while the file is broken, and forgets it when it is whole again', async () => {
    const file = join(folder, 'a.yaml');
    await writeFile(file, good);
    const before = await readSinkFiles(folder, none);
    await writeFile(file, 'name: [');
    const broken = await readSinkFiles(folder, before);
    expect(summary(broken)).toMatchObject({
      sinks: [['alerts', 'a.yaml:1']],
      problems: [[expect.anything(), expect.anything()]],
    });
    await writeFile(file, '');
    expect(summary(await readSinkFiles(folder, broken))).toEqual({ sinks: [], problems: [] });
  });

  it('keeps everything while the folder cannot be read', async () => {
    await writeFile(join(folder, 'a.yaml'), good);
    const before = await readSinkFiles(folder, none);
    const gone = { sinks: before.sinks, problems: [] };
    const missing = join(folder, 'gone');
    const found = await readSinkFiles(missing, gone);
    expect([...found.sinks.keys()]).toEqual(['alerts']);
    expect(found.problems[0]?.reason).toContain('cannot be read');
  });
});

function bomb(): string {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) {
    const [now, last] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
    levels.push(`${now}: &${now} [${Array(9).fill(`*${last}`).join(', ')}]`);
  }
  return `${levels.join('\n')}\n`;
}
