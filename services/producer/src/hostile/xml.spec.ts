// Every adapter of XML against documents that are not what the tool writes, and against what XML is feared for.
import { describe, expect, it } from '@jest/globals';
import { specimens } from './corpus.ts';
import { judge } from './judge.ts';
import { xmlMutants } from './xml-mutants.ts';

const reports = specimens()
  .filter(({ kind }) => kind === 'xml')
  .map(({ name, adapter, bytes }) => [name, adapter, bytes.toString()] as const);

it('there are reports in XML', () => {
  expect(new Set(reports.map(([, { name }]) => name))).toEqual(
    new Set(['cyclonedx', 'dependency-check', 'findsecbugs']),
  );
});

describe('elements and attributes that are not what a tool writes', () => {
  it.each(reports)('are read past or refused: %s', async (_, adapter, text) => {
    const broken = new Map<string, string>();
    let count = 0;
    for (const { what, text: mutant } of xmlMutants(text)) {
      count++;
      await judge(adapter, Buffer.from(mutant)).catch((error) => broken.set(what, String(error)));
    }
    expect(Object.fromEntries(broken)).toEqual({});
    expect(count).toBeGreaterThan(50);
  });
});

const entities = Array.from({ length: 10 }, (_, at) => {
  const value = at === 0 ? 'lol' : `&lol${at - 1};`.repeat(10);
  return `<!ENTITY lol${at} "${value}">`;
}).join('');

const doctypes: [string, string][] = [
  ['of its own', '<!DOCTYPE bom>'],
  ['with a billion laughs', `<!DOCTYPE bom [${entities}]>`],
  ['with a file of the machine', '<!DOCTYPE bom [<!ENTITY evil SYSTEM "file:///etc/passwd">]>'],
  ['from elsewhere', '<!DOCTYPE bom SYSTEM "http://127.0.0.1:1/evil.dtd">'],
  ['with a parameter entity', '<!DOCTYPE bom [<!ENTITY % evil SYSTEM "http://127.0.0.1:1/evil.dtd"> %evil;]>'],
];

describe.each(reports)('a document type in %s', (_, adapter, text) => {
  it.each(doctypes)('is refused: %s', async (_, doctype) => {
    const body = text.replace(/^\ufeff?<\?xml[^>]*\?>/, '');
    const mutant = `<?xml version="1.0"?>${doctype}${body.replace(/>([^<]*)</, '>&lol9;&evil;$1<')}`;
    expect((await judge(adapter, Buffer.from(mutant))).code).toBe('report.dtd');
  });
});
