import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { compileTemplate, compileTemplates, maxTemplateLength } from './template.ts';

const plain = (value: string) => value;
const view = {
  title: 'A <b>bold</b> {{title}}',
  line: 7,
  cves: ['CVE-1', 'CVE-2'],
  cvss: { score: 9.8 },
  refs: [{ url: 'a' }, { url: 'b' }],
  empty: [],
  none: '',
};

describe('a template', () => {
  it.each([
    ['no values', 'no values'],
    ['{{line}}/{{ line }}', '7/7'],
    ['{{cvss.score}}', '9.8'],
    ['{{cves}}', 'CVE-1, CVE-2'],
    ['{{#cves}}[{{.}}]{{/cves}}', '[CVE-1][CVE-2]'],
    ['{{#refs}}{{url}}{{line}} {{/refs}}', 'a7 b7 '],
    ['{{#cvss}}{{score}} of {{line}}{{/cvss}}', '9.8 of 7'],
    ['{{^empty}}none{{/empty}}{{#empty}}some{{/empty}}', 'none'],
    ['{{^line}}none{{/line}}{{^none}}empty{{/none}}', 'empty'],
    ['<{{nothing}}{{cvss.nothing}}{{line.length}}{{title.length}}>', '<>'],
    ['{{cvss}}', '{"score":9.8}'],
    ['{ } }} {x}', '{ } }} {x}'],
  ])('%s makes %s', (text, expected) => {
    expect(compileTemplate('text', text)(view, plain)).toBe(expected);
  });

  it('escapes every value and nothing of its own, and reads no value as a template', () => {
    const escaped = (value: string) => value.replaceAll('<', '&lt;');
    expect(compileTemplate('text', '<i>{{title}}</i>')(view, escaped)).toBe('<i>A &lt;b>bold&lt;/b> {{title}}</i>');
  });

  it.each([
    '{{constructor}}',
    '{{toString}}',
    '{{__proto__}}',
    '{{constructor.constructor}}',
    '{{#constructor}}x{{/constructor}}',
    '{{cves.length}}',
    '{{run}}',
  ])('finds nothing behind %s', (text) => {
    expect(compileTemplate('text', text)({ ...view, run: () => 'ran' }, plain)).toBe('');
  });

  it.each([
    ['{{{title}}}', 'that is no value'],
    ['{{&title}}', 'cannot read'],
    ['{{> partial}}', 'cannot read'],
    ['{{=<% %>=}}', 'cannot read'],
    ['{{a b}}', 'cannot read'],
    ['{{}}', 'cannot read'],
    ['{{a', 'at character 1'],
    ['{{#a}}x', 'does not end {{#a}}'],
    ['{{#a}}{{#b}}{{/a}}{{/b}}', 'ends {{/a}} where it is not open'],
    ['{{/a}}', 'where it is not open'],
    ['{{#a}}'.repeat(11), 'more than 10 deep'],
  ])('is refused as %s', (text, reason) => {
    expect(() => compileTemplate('text', text)).toThrow(InvalidInput);
    expect(() => compileTemplate('text', text)).toThrow(reason);
  });

  it('is refused when it is too long', () => {
    expect(() => compileTemplate('text', 'x'.repeat(maxTemplateLength + 1))).toThrow('at most');
  });

  it('makes no text without end', () => {
    const list = Array.from({ length: 1000 }, () => 'x');
    const text = '{{#a}}{{#a}}{{#a}}{{.}}{{/a}}{{/a}}{{/a}}';
    expect(compileTemplate('text', text)({ a: list }, plain)).toHaveLength(65_536);
    const idle = `${'{{#a}}'.repeat(10)}{{b}}${'{{/a}}'.repeat(10)}`;
    expect(compileTemplate('text', idle)({ a: list }, plain)).toBe('');
  });

  it('is one that the type of the sink has', () => {
    expect(Object.keys(compileTemplates({ text: 'x' }, ['text', 'title']))).toEqual(['text']);
    expect(() => compileTemplates({ txt: 'x' }, ['text', 'title'])).toThrow('it takes text, title');
    expect(() => compileTemplates({ text: 'x' }, [])).toThrow('it takes none');
  });
});
