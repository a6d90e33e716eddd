import { describe, expect, it } from '@jest/globals';
import { escapeWiki, type Paragraph, toAdf, toWiki } from './document.ts';

const paragraphs: Paragraph[] = [
  { kind: 'text', text: 'one\n\ntwo' },
  { kind: 'facts', facts: [['Severity', 'high *']] },
  { kind: 'code', text: 'a {noformat} b\n*c*' },
  { kind: 'links', urls: ['https://example.com/a?b=[c|d]!e!'] },
];

describe('a description in Jira', () => {
  it('is a document of version 1 whose texts are plain', () => {
    const text = (text: string) => ({ type: 'text', text });
    const list = (content: object[]) => ({
      type: 'bulletList',
      content: [{ type: 'listItem', content: [{ type: 'paragraph', content }] }],
    });
    const href = 'https://example.com/a?b=[c|d]!e!';
    expect(toAdf(paragraphs)).toEqual({
      type: 'doc',
      version: 1,
      content: [
        { type: 'paragraph', content: [text('one'), { type: 'hardBreak' }, { type: 'hardBreak' }, text('two')] },
        list([{ ...text('Severity:'), marks: [{ type: 'strong' }] }, text(' high *')]),
        { type: 'codeBlock', content: [text('a {noformat} b\n*c*')] },
        list([{ ...text(href), marks: [{ type: 'link', attrs: { href } }] }]),
      ],
    });
  });

  it('is wiki markup in which values are none', () => {
    expect(toWiki(paragraphs)).toBe(
      [
        'one\n\ntwo',
        '* *Severity:* high &#42;',
        '{noformat}\na {\u200bnoformat} b\n*c*\n{noformat}',
        '* https://example.com/a?b=%5Bc%7Cd%5D%21e%21',
      ].join('\n\n'),
    );
  });

  it.each([
    ['*bold* _it_ -no- +ins+', '&#42;bold&#42; &#95;it&#95; &#45;no&#45; &#43;ins&#43;'],
    ['[~admin] [a|https://evil]', '&#91;&#126;admin&#93; &#91;a&#124;https&#58;&#47;&#47;evil&#93;'],
    ['{html}<b>&amp;', '&#123;html&#125;&#60;b&#62;&#38;amp;'],
    ['h1. !img.png! :) (!)', 'h1. &#33;img.png&#33; &#58;&#41; &#40;&#33;&#41;'],
    ['# a\\b', '&#35; a&#92;b'],
    ['ünï 1.5, ok; a=b', 'ünï 1.5, ok; a=b'],
  ])('lets %s be what it is', (text, expected) => {
    expect(escapeWiki(text)).toBe(expected);
  });
});
