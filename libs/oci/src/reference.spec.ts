import { describe, expect, it } from '@jest/globals';
import { parseReference, referenceText } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a reference', () => {
  it.each([
    ['registry.example.com/a', { registry: 'registry.example.com', repository: 'a', tag: 'latest' }],
    [
      'oci://registry.example.com:5000/a/b-c:1.2.0',
      { registry: 'registry.example.com:5000', repository: 'a/b-c', tag: '1.2.0' },
    ],
    [`localhost:5000/a__b@${digest}`, { registry: 'localhost:5000', repository: 'a__b', digest }],
    [`[::1]:5000/a:1@${digest}`, { registry: '[::1]:5000', repository: 'a', tag: '1', digest }],
  ])('%s is read, and written the same', (text, expected) => {
    const reference = parseReference(text);
    expect(reference).toEqual(expected);
    expect(parseReference(referenceText(reference))).toEqual(expected);
  });

  it.each([
    '',
    'a',
    'registry/A',
    'registry/a:',
    'registry/a@sha256:12',
    'https://registry/a',
    'registry/a/../b',
    'registry/-a',
    `r/${'a/'.repeat(600)}a`,
  ])('%j is refused', (text) => {
    expect(() => parseReference(text)).toThrow('is no reference');
  });
});
