import { describe, expect, it } from '@jest/globals';
import { keyedId, outputId } from './event.ts';
import { partitionOf, token } from './subject.ts';
import { filterOf } from './topic.ts';
import {
  findingChanged,
  findingEnriched,
  reportParsed,
  reportSubmitted,
  topicOfSubject,
  topicOfType,
  topics,
} from './topics.ts';

describe('subjects', () => {
  it.each([
    ['gosec', 'gosec'],
    ['GoSec', 'gosec'],
    ['a.b*c>d e', 'a-b-c-d-e'],
    ['', 'none'],
    ['ünïcode', '-n-code'],
  ])('token %j is %j', (key, expected) => {
    expect(token(key)).toBe(expected);
  });

  it('keep two long keys two tokens of at most 64', () => {
    const [a, b] = ['a', 'b'].map((end) => token('x'.repeat(80) + end));
    expect(a).not.toBe(b);
    expect([a?.length, b?.length]).toEqual([64, 64]);
  });

  it.each([
    [
      'a report',
      reportSubmitted.subject(reportSubmitted.message.create({ format: 'SARIF 2' })),
      'assay.report.submitted.sarif-2',
    ],
    [
      'a parsed report',
      reportParsed.subject(reportParsed.message.create({ format: 'gosec', target: { name: 'shop' } })),
      `assay.report.parsed.gosec.${partitionOf('shop')}`,
    ],
    [
      'an enriched batch',
      findingEnriched.subject(
        findingEnriched.message.create({
          tool: { name: 'gosec' },
          target: { name: 'shop' },
          severities: new Uint8Array([4]),
        }),
      ),
      `assay.finding.enriched.high.gosec.${partitionOf('shop')}`,
    ],
    [
      'a changed batch',
      findingChanged.subject(
        findingChanged.message.create({ tool: { name: 'gosec' }, transition: 1, severities: new Uint8Array([5]) }),
      ),
      'assay.finding.changed.opened.critical.gosec',
    ],
    ['a filter', filterOf(findingEnriched as never, { partition: '03' }), 'assay.finding.enriched.*.*.03'],
  ])('of %s', (_, subject, expected) => {
    expect(subject).toBe(expected);
  });

  it('spread targets over 16 partitions of two digits', () => {
    const seen = new Set(Array.from({ length: 500 }, (_, index) => partitionOf(`target-${index}`)));
    expect([...seen].sort()).toEqual(Array.from({ length: 16 }, (_, index) => String(index).padStart(2, '0')));
  });
});

describe('topics', () => {
  it.each(topics.map((topic) => [topic.name, topic] as const))(
    '%s is found by its type and its subjects',
    (_, topic) => {
      expect(topicOfType(topic.type)).toBe(topic);
      expect(topicOfSubject(filterOf(topic))).toBe(topic);
      expect(topicOfSubject(`${filterOf(topic)}.more`)).toBeUndefined();
    },
  );
});

describe('ids', () => {
  it('of outputs are the same for the same input, topic and ordinal, and differ otherwise', () => {
    expect(outputId('in', 'finding.reported', 0)).toBe(outputId('in', 'finding.reported', 0));
    const others = [
      outputId('in', 'finding.reported', 1),
      outputId('in2', 'finding.reported', 0),
      outputId('in', 'report.parsed', 0),
      keyedId('finding.reported', 'in'),
    ];
    expect(new Set([outputId('in', 'finding.reported', 0), ...others]).size).toBe(5);
  });
});
