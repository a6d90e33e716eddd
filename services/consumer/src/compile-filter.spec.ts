import { InvalidInput } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { compileFilter } from './compile-filter.ts';
import type { SinkItem } from './sink.ts';

const event = {
  id: 'e1',
  type: 'dev.assay.finding.changed.v1',
  subject: 'assay.finding.changed.opened.high.gosec',
  time: '2026-01-31T12:00:00.000Z',
  order: '1',
};
const item: SinkItem = {
  id: 'e1:f1',
  event,
  position: 0,
  finding: {
    id: 'f1',
    target: 'shop',
    tool: 'gosec',
    rule: 'G404',
    title: 'Weak random numbers',
    severity: 'high',
    cwes: [338],
    cvss: { score: 7.4 },
    path: 'cmd/main.go',
    startLine: 12,
    properties: { confidence: 'HIGH' },
  },
};

function passes(expression: string): boolean {
  return compileFilter(expression, 'findings')([item]).length === 1;
}

function errorOf(work: () => unknown): InvalidInput {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('compileFilter', () => {
  it.each([
    ['finding.severity == "high"', true],
    ['finding.severity in ["critical", "low"]', false],
    ['338 in finding.cwes', true],
    ['finding.cwes.exists(cwe, cwe == 79)', false],
    ['finding.cvss.score >= 7.0 && finding.startLine > 10', true],
    ['has(finding.purl)', false],
    ['has(finding.path) && finding.path.startsWith("cmd/")', true],
    ['finding.properties.confidence == "HIGH"', true],
    ['event.subject.endsWith(".gosec")', true],
    ['event.type == "dev.assay.run.finished.v1"', false],
    ['finding.title.matches("^Weak .* numbers$")', true],
    ['timestamp(event.time) < timestamp("2030-01-01T00:00:00Z")', true],
  ])('%s is %s', (expression, expected) => {
    expect(passes(expression)).toBe(expected);
  });

  it.each([
    ['finding.severty == "high"', 'line 1, column 9: No such key: severty'],
    ['true &&\n  finding.', 'line 2, column'],
    ['findings.severity == "high"', 'line 1, column 1: Unknown variable: findings'],
    ['data.x == 1', 'Unknown variable: data'],
    ['finding.startLine == "a"', 'no such overload'],
    ['finding.severity', 'must be true or false; it is a string'],
    ['x'.repeat(4097), 'has 4097 characters; at most 4096'],
    [Array(600).fill('true').join('||'), 'wrong at'],
  ])('refuses %s when it is declared', (expression, reason) => {
    const error = errorOf(() => compileFilter(expression, 'findings'));
    expect(error.code).toBe('sink.filter');
    expect(error.message).toContain(reason);
  });

  it.each(['finding.purl.startsWith("pkg:")', 'finding.properties["none"] == "x"', '1 / (finding.startLine - 12) > 0'])(
    'says loudly that %s fails on a finding, instead of leaving it out',
    (expression) => {
      const error = errorOf(() => passes(expression));
      expect(error.code).toBe('sink.filter');
      expect(error.message).toContain('fails on e1:f1');
    },
  );

  it('refuses an answer that is neither true nor false', () => {
    const filter = compileFilter('data.answer', 'events');
    expect(errorOf(() => filter([{ id: 'e', event, position: 0, data: { answer: 'yes' } }])).message).toContain(
      'true or false',
    );
  });

  it('sees the data of events that hold no findings', () => {
    const filter = compileFilter('data.target.name == "shop"', 'events');
    const items = ['shop', 'other'].map((name) => ({ id: name, event, position: 0, data: { target: { name } } }));
    expect(filter(items).map(({ id }) => id)).toEqual(['shop']);
  });

  it('is interrupted when an expression never ends', () => {
    const title = `${'a'.repeat(40)}!`;
    const filter = compileFilter('finding.title.matches("^(a+)+$")', 'findings');
    const evil = { ...item, finding: { ...item.finding, title } } as SinkItem;
    expect(errorOf(() => filter([evil])).message).toContain('longer than 1000 ms');
    // and the next one goes on as if nothing had been
    expect(filter([item])).toEqual([]);
  });
});
