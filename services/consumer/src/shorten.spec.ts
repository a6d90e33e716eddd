import { describe, expect, it } from '@jest/globals';
import { shorten, shortenLines } from './shorten.ts';

describe('a text where there is little room', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly 10', 10, 'exactly 10'],
    ['more than ten', 10, 'more than…'],
    ['a\r\n\tb\u0000c\u202ed', 10, 'a b c d'],
    ['abcd😀', 5, 'abcd…'],
    ['abc😀e', 5, 'abc…'],
    ['  ', 5, ''],
  ])('%j in %i is %j', (text, most, expected) => {
    expect(shorten(text, most)).toBe(expected);
  });

  it.each([
    ['a\n\tb', 10, 'a\n\tb'],
    ['a\r\nb\rc', 10, 'a\nb\nc'],
    ['a\u001b[31mb\u202ec', 10, 'a [31mb c'],
    ['a\nb\nc', 4, 'a\nb…'],
    ['abc\ud83d\ude00efghijklmnopqrstuvwxyz', 5, 'abc…'],
  ])('keeps its lines: %j in %i is %j', (text, most, expected) => {
    expect(shortenLines(text, most)).toBe(expected);
  });
});
