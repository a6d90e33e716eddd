import { describe, expect, it } from '@jest/globals';
import { step, stepText } from './steps.ts';

describe('step', () => {
  it.each([
    ['codeowners', { name: 'codeowners', params: {} }],
    ['task/age:unit=days', { name: 'task/age', params: { unit: 'days' } }],
    ['annotate:team=web,env=prod', { name: 'annotate', params: { team: 'web', env: 'prod' } }],
    ['annotate:url=https://x.example/?a=b', { name: 'annotate', params: { url: 'https://x.example/?a=b' } }],
  ])('reads %s and writes it again', (text, expected) => {
    expect(step(text)).toEqual([expected]);
    expect(stepText(expected)).toBe(text);
  });

  it('keeps the order in which they are given', () => {
    expect(step('b', step('a')).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([[''], ['Bad Name'], ['task/'], ['other/age'], ['annotate:team'], ['annotate:=x']])(
    'refuses "%s"',
    (text) => {
      expect(() => step(text)).toThrow('must be');
    },
  );
});
