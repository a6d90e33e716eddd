import type { FindingRecord } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { SinkItem } from '../../sink.ts';
import { findingItem } from '../../testing/sink-context.ts';
import { type Block, type Message, messageOf, type Wording } from './message.ts';

const wording: Wording = { top: 3, link: () => undefined };
const found = (count: number, change: Partial<FindingRecord> = {}) =>
  Array.from({ length: count }, (_, at) => findingItem(at, `G${at}`, change));

/** What a message says, a line a piece; bold in **, links in <>. */
function linesOf({ blocks }: Message): string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'header') return [`# ${block.text.text}`];
    return block.elements.flatMap((part) =>
      part.type === 'rich_text_list'
        ? part.elements.map((line) => `- ${wordsOf(line.elements)}`)
        : [wordsOf(part.elements)],
    );
  });
}

function wordsOf(elements: Extract<Block, { type: 'rich_text' }>['elements'][number]['elements']): string {
  return elements
    .map((element) => {
      if (element.type === 'rich_text_section') return wordsOf(element.elements);
      if (element.type === 'link') return `<${element.url}>`;
      return element.style ? `**${element.text}**` : element.text;
    })
    .join('');
}

describe('a message to Slack', () => {
  it('says what changed where, the worst first, with links', () => {
    const items = [
      findingItem(1, 'G104', { severity: 'low', title: 'Errors unhandled', path: 'a.go', startLine: 3 }),
      findingItem(1, 'CVE-2021-1', {
        tool: 'grype',
        severity: 'critical',
        title: 'Overflow',
        purl: 'pkg:npm/x@1',
        references: ['https://nvd.example.com/CVE-2021-1', 'https://other.example.com/'],
      }),
    ];
    expect(linesOf(messageOf(items, wording))).toEqual([
      '# shop: 1 critical, 1 low opened',
      '**shop**: 1 critical, 1 low opened',
      '- **critical** Overflow in pkg:npm/x@1 (grype CVE-2021-1) <https://nvd.example.com/CVE-2021-1>',
      '- **low** Errors unhandled in a.go:3 (gosec G104)',
    ]);
  });

  it('keeps targets, runs and changes apart, and counts what it does not show', () => {
    const items = [
      ...found(5, { run: 'r1' }),
      findingItem(9, 'F', { run: 'r1', transition: 'fixed', severity: 'medium' }),
      findingItem(9, 'B', { target: 'billing', cvss: { score: 9 } }),
    ];
    expect(linesOf(messageOf(items, wording)).filter((line) => !line.startsWith('- **'))).toEqual([
      '# 7 findings',
      '**shop (run r1)**: 5 high opened',
      '- and 2 more',
      '**shop (run r1)**: 1 medium fixed',
      '**billing**: 1 high opened',
    ]);
  });

  it('sorts by score within a severity', () => {
    const scores = [2, 9.8, undefined, 5];
    const items = scores.map((score, at) => findingItem(1, `S${score}`, score ? { cvss: { score } } : {}, at));
    const lines = linesOf(messageOf(items, { ...wording, top: 4 })).filter((line) => line.startsWith('-'));
    expect(lines.map((line) => /About (\S+)/.exec(line)?.[1])).toEqual(['S9.8', 'S5', 'S2', 'Sundefined']);
  });

  it('takes the words of the sink for a finding', () => {
    const own: Wording = {
      ...wording,
      finding: ({ rule }) => `${rule}!`,
      link: ({ id }) => `https://git.example.com/${id}`,
    };
    expect(linesOf(messageOf(found(1), own))).toContain('- G0! <https://git.example.com/G0>');
  });

  it('tells of events without findings too', () => {
    const event = {
      id: 'e',
      type: 'dev.assay.run.assessed.v1',
      subject: 'assay.run.assessed.scan',
      time: '',
      order: '',
    };
    const item: SinkItem = { id: 'e', event, position: 0, data: { target: 'shop' } };
    expect(linesOf(messageOf([item], wording))).toEqual([
      '# dev.assay.run.assessed.v1: 1 event',
      '**dev.assay.run.assessed.v1**: 1 event',
      '- assay.run.assessed.scan',
    ]);
    const own = { ...wording, event: ({ data }: SinkItem) => `about ${data?.target}` };
    expect(linesOf(messageOf([item, ...found(2)], own))).toContain('- about shop');
  });

  it.each([
    ['mentions', '<!channel> <@U012AB3CD> @here'],
    ['links', '<https://evil.example.com|your bank> https://evil.example.com'],
    ['formats', '*bold* _it_ ~no~ `code` > quote :smile:'],
  ])('lets no finding make %s', (_, title) => {
    const items = found(1, { title, target: title, rule: title, path: title, references: ['javascript:alert(1)'] });
    const { text, blocks } = messageOf(items, wording);
    // In the text only Slack reads markup; a text element of rich text is what it is.
    expect(text).not.toMatch(/[<>]/);
    expect(JSON.stringify(blocks)).not.toContain('"mrkdwn"');
    expect(JSON.stringify(blocks)).not.toContain('"link"');
    expect(JSON.stringify(blocks)).toContain(JSON.stringify(title).slice(1, -1));
  });

  it.each([
    ['many targets', 300, (at: number) => ({ target: `t${at}` })],
    [
      'long texts',
      30,
      (at: number) => ({ target: 't'.repeat(9000) + at, title: '"'.repeat(9000), path: '😀'.repeat(9000) }),
    ],
    ['nothing', 3, () => ({ target: '', title: '', tool: '', rule: '', severity: '' })],
    ['control characters', 20, () => ({ title: '\u0000\u001b\u202e'.repeat(900) })],
    ['long links', 30, (at: number) => ({ references: [`https://example.com/${'x'.repeat(1500)}${at}`] })],
  ])('stays within what Slack takes with %s', (_, count, change) => {
    const items = Array.from({ length: count }, (_, at) => findingItem(at, `G${at}`, change(at)));
    const message = messageOf(items, { ...wording, top: 20 });
    expect(message.blocks.length).toBeGreaterThan(1);
    expect(message.blocks.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(message.blocks).length).toBeLessThan(13_000);
    expect(JSON.stringify(message).isWellFormed()).toBe(true);
    for (const block of message.blocks) {
      if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
      else expect(wordsOf(block.elements.flatMap((part) => part.elements as never)).length).toBeLessThan(13_000);
    }
    expect(JSON.stringify(message.blocks)).not.toMatch(/"text":""/);
  });
});
