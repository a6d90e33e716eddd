import { describe, expect, it } from '@jest/globals';
import { type FateOf, type XmlElement, type XmlOptions, xmlElements } from './xml-elements.ts';

const fates = new Map<string, ReturnType<FateOf>>([
  ['list', 'enter'],
  ['r', 'item'],
  ['p', 'part'],
]);
const byName: FateOf = ({ name }) => fates.get(name) ?? 'skip';

async function read(content: string | Uint8Array, chunkBytes = 1000, fateOf = byName, options: XmlOptions = {}) {
  const bytes = Buffer.from(content as Uint8Array);
  async function* source() {
    for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
  }
  const items: XmlElement[] = [];
  let code = '';
  let message = '';
  try {
    for await (const some of xmlElements(source(), fateOf, options)) items.push(...some);
  } catch (error) {
    ({ code, message } = error as { code: string; message: string });
  }
  return { items, code, message };
}

describe('xmlElements', () => {
  it.each([1, 3, 1000])('yields items with their parts, however %d bytes at a time come', async (size) => {
    const content = `\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- x --><list xmlns="urn:a" xmlns:o="urn:o">
      <r id="1" o:id="other">é &amp; <![CDATA[<b>]]>&#33;<p k="&lt;">one</p><x><r id="no"/></x><p/></r><y/><o:r/></list>`;
    const { items, code } = await read(content, size);
    expect(code).toBe('');
    expect(items).toEqual([
      {
        name: 'r',
        namespace: 'urn:a',
        attributes: { id: '1' },
        text: 'é & <b>!',
        children: [
          { name: 'p', namespace: 'urn:a', attributes: { k: '<' }, text: 'one', children: [] },
          { name: 'p', namespace: 'urn:a', attributes: {}, text: '', children: [] },
        ],
      },
      { name: 'r', namespace: 'urn:o', attributes: {}, text: '', children: [] },
    ]);
  });

  it('yields an item inside another one by itself, first', async () => {
    const { items } = await read('<r id="1"><p>a</p><list><r id="2"/></list></r>');
    expect(items.map(({ attributes, children }) => [attributes['id'], children.length])).toEqual([
      ['2', 0],
      ['1', 1],
    ]);
  });

  it('asks with the parent, and not inside what is skipped', async () => {
    const asked: string[] = [];
    await read('<list><r><p/></r><x><y/></x></list>', 1000, (tag, parent) => {
      asked.push(`${parent?.tag.name ?? ''} ${parent?.fate ?? ''} ${tag.name}`);
      return byName(tag, parent);
    });
    expect(asked).toEqual(['  list', 'list enter r', 'r item p', 'list enter x']);
  });

  const billionLaughs = '<!DOCTYPE list [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><list><r>&b;</r></list>';
  it.each([
    ['', 0, 'report.empty', 'empty'],
    [' \n', 0, 'report.empty', 'empty'],
    ['<list><r/>\n<r>', 1, 'report.truncated', 'line 2'],
    ['<list><r/><hunter2 =', 1, 'report.not-xml', 'line 1'],
    ['<list></r>', 0, 'report.not-xml', 'line 1'],
    ['<list/><list/>', 0, 'report.not-xml', 'line 1'],
    ['<list><r/>&lol;</list>', 1, 'report.not-xml', 'line 1'],
    ['<list>\u0000</list>', 0, 'report.not-xml', 'line 1'],
    [billionLaughs, 0, 'report.dtd', 'DTD'],
    ['<!DOCTYPE list SYSTEM "http://127.0.0.1/x.dtd"><list/>', 0, 'report.dtd', 'DTD'],
    ['<list>'.repeat(200), 0, 'report.too-deep', '128 levels'],
    ['<x>'.repeat(200), 0, 'report.too-deep', '128 levels'],
    [Buffer.from('<list><r>é</r></list>', 'latin1'), 0, 'report.not-xml', 'UTF-8'],
    [Buffer.from('\ufeff<list/>', 'utf16le'), 0, 'report.not-xml', 'UTF-8'],
  ])('refuses %j behind %d of its items: %s', async (content, count, code, words) => {
    for (const size of [1000, 5]) {
      const { items, code: found, message } = await read(content, size);
      // What is wrong may stand in the same piece as the items before it.
      expect([items.length, found]).toEqual([count, code]);
      expect(message).toContain(words);
      expect(message).not.toContain('hunter2');
    }
  });

  it.each([
    ['a long text', `<list><r>${'a'.repeat(400)}</r></list>`],
    ['many elements', `<list><r>${'<p/>'.repeat(10)}</r></list>`],
    ['a long attribute', `<list><r a="${'a'.repeat(400)}"/></list>`],
  ])('builds no item that is longer than it may be: %s', async (_, content) => {
    for (const size of [7, 4096])
      expect((await read(content, size, byName, { maxItemChars: 300 })).code).toBe('report.too-large');
  });

  it.each([
    ['a comment', `<list><!-- ${'a'.repeat(4000)} --></list>`],
    ['a name', `<${'a'.repeat(4000)}/>`],
    ['skipped text', `<list><x>${'a'.repeat(4000)}</x></list>`],
    ['an attribute of what is skipped', `<list><x a="${'a'.repeat(4000)}"/></list>`],
  ])('lets the parser hold no more than that, over pieces: %s', async (_, content) => {
    expect((await read(content, 7, byName, { maxItemChars: 300 })).code).toBe('report.too-large');
  });

  it('does not mind how many items there are, or what is skipped', async () => {
    const content = `<list>${'<r>abc</r><x><y>long enough</y></x>'.repeat(500)}</list>`;
    const { items, code } = await read(content, 100, byName, { maxItemChars: 300 });
    expect([items.length, code]).toEqual([500, '']);
  });
});
