import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { parseJson } from './json.ts';

const read = (text: string | Uint8Array) => parseJson(Buffer.from(text), 'the body');

describe('JSON from strangers', () => {
  it.each([
    ['values of every kind', '{"a":[1,-2.5e3,true,false,null,"x"],"b":{"a":1}}'],
    ['the same name in several objects', '[{"a":1},{"a":{"a":2}}]'],
    ['what looks like members inside strings', '{"a":"\\"b\\":1,{[","b\\\\":":"}'],
    ['escaped names that differ', '{"\\u0061":1,"b":2}'],
    ['an empty name', '{"":1}'],
    ['names of what every object has', '{"constructor":1,"prototype":2,"toString":3,"hasOwnProperty":4}'],
    ['64 levels', `${'['.repeat(64)}${']'.repeat(64)}`],
    ['half a surrogate pair', '"\\ud800"'],
  ])('is taken with %s', (_, text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['a name twice', '{"a":1,"a":2}', 'twice'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}', 'twice'],
    ['a name twice, deep inside', '[[{"x":{"a":1,"b":2,"a":3}}]]', 'twice'],
    ['a member __proto__', '{"a":{"__proto__":{"isAdmin":true}}}', '__proto__'],
    ['an escaped __proto__', '{"__pro\\u0074o__":1}', '__proto__'],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`, 'nested deeper'],
    ['100 000 levels', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'nested deeper'],
    ['16 MB of open brackets', '['.repeat(16 * 1024 * 1024), 'nested deeper'],
    ['millions of empty objects', `[${'{},'.repeat(2_000_000)}{}]`, 'parts'],
    ['no end', '{"a":1', 'not JSON'],
    ['no end of a string', '{"a":"\\', 'not JSON'],
    ['something behind it', '{}{}', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['NaN', 'NaN', 'not JSON'],
    ['a NUL', '"\0"', 'not JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'not JSON'],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'not JSON'],
  ])('is refused with %s', (_, text, why) => {
    expect(() => read(text)).toThrow(InvalidInput);
    expect(() => read(text)).toThrow(why);
  });
});
