import { describe, expect, it } from '@jest/globals';
import { placed } from './bundle.ts';

describe('placed', () => {
  it.each([
    ['import.meta.url', 'new URL("../../a/b.ts", __bundle).href'],
    ['import.meta.dirname', 'new URL("../../a", __bundle).pathname'],
    ['import.meta.filename', 'new URL("../../a/b.ts", __bundle).pathname'],
    ["join(__dirname, 'x')", 'join(new URL("../../a", __bundle).pathname, \'x\')'],
    ['f(__filename)', 'f(new URL("../../a/b.ts", __bundle).pathname)'],
    ['import.meta.main', 'import.meta.main'],
    ['exports.__dirname', 'exports.__dirname'],
    ['my__dirname', 'my__dirname'],
  ])('%s becomes %s', (code, expected) => {
    expect(placed(code, '../../a/b.ts')).toBe(expected);
  });
});
