// Whatever a report, an event or a gateway says, what is printed of it is text: nothing that a terminal would obey.
import type { ServerResponse } from 'node:http';
import { runAssessed } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { against } from './testing/against.ts';
import { assessedRun, findingRecord } from './testing/assessed.ts';
import type { Exchange } from './testing/scripted-gateway.ts';

/** Moves the cursor, sets the title, colours, reorders, hides, ends the line. */
const evil = '\x1b[2J\x1b]0;t\x07\x9b31m\x7f\b\0\r\n\u202e\u2066\u200b\u2028\u{e0041}';

/** Every text in it is evil too, but words of a protocol, times and what is to be decoded. */
function poisoned<T>(value: T): T {
  if (typeof value === 'string')
    return (/^[A-Z]+_[A-Z_]+$|^\d{4}-\d\d-|^dev\.assay\./.test(value) ? value : `${value}${evil}`) as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poisoned(inner)])) as T;
  return value;
}

const finding = {
  ...poisoned({
    ...findingRecord(),
    state: 'open',
    firstSeen: '2026-03-01T12:00:00Z',
    lastSeen: '2026-03-02T12:00:00Z',
    firstRun: 'r1',
    lastRun: 'r2',
    description: 'why',
    snippet: 'code',
    references: ['https://example.com/'],
    owners: ['@web'],
    cves: ['CVE-2026-1'],
    cvss: { score: 9, vector: 'CVSS' },
    purl: 'pkg:npm/a',
    toolVersion: '1',
    kind: 'code',
    confidence: 'high',
    revision: 'main',
    suppression: { kind: 'vex', justification: 'because' },
  }),
  annotations: { [`a${evil}`]: evil },
  properties: { [`p${evil}`]: evil },
};
const run = poisoned({
  runId: 'run-1',
  pipeline: 'scan',
  target: 'shop',
  phase: 'started',
  updatedAt: '2026-03-01T12:00:00Z',
});
const letter = {
  ...poisoned({
    service: 'producer',
    code: 'x',
    reason: 'why',
    subject: 'assay.x',
    diedAt: '2026-03-01T12:00:00Z',
    origin: { stream: 'assay-report' },
  }),
  sequence: 7,
  attempts: 1,
  size: 3,
  origin: { stream: evil, sequence: 1 },
};
const assessed = poisoned(
  runAssessed.message.toJson(
    assessedRun({ stages: [{ name: 'parse', in: 5, out: 3, removed: { [`pass${evil}`]: 1 } }] }),
  ),
);
const event = poisoned({
  specversion: '1.0',
  type: 'dev.assay.task.finished.v1',
  assaysubject: 'assay.task.finished.scan.x',
  data: { task: 'x', reason: 'why', target: { name: 'shop' }, runId: 'r' },
});
const query = (more: string) => `GET /api/v1/findings?run=run-1${evil}&${more}&limit=200`;

const cases: [string, string[], Exchange[]][] = [
  [
    'findings',
    ['finding', 'ls'],
    [{ request: 'GET /api/v1/findings?state=open&limit=101', answer: { items: [finding] } }],
  ],
  [
    'findings as JSON',
    ['finding', 'ls', '-o', 'json'],
    [{ request: 'GET /api/v1/findings?state=open&limit=101', answer: { items: [finding] } }],
  ],
  [
    'findings as SARIF',
    ['finding', 'ls', '-o', 'sarif'],
    [{ request: 'GET /api/v1/findings?state=open&limit=101', answer: { items: [finding] } }],
  ],
  [
    'a finding',
    ['finding', 'show', '01234567'],
    [{ request: 'GET /api/v1/findings/01234567', answer: { items: [finding] } }],
  ],
  ['runs', ['runs', 'ls'], [{ request: 'GET /api/v1/runs?limit=50', answer: { items: [run] } }]],
  ['a run that goes on', ['runs', 'show', 'r'], [{ request: 'GET /api/v1/runs/r', answer: run }]],
  [
    'a run that was assessed',
    ['runs', 'show', 'r'],
    [
      { request: 'GET /api/v1/runs/r', answer: { ...run, assessed } },
      {
        request: query('transition=opened,recurred,reopened,suppressed'),
        answer: { items: [finding, finding, finding] },
      },
      { request: query('transition=fixed'), answer: { items: [finding] } },
    ],
  ],
  ['dead letters', ['dead', 'ls'], [{ request: 'GET /api/v1/dead?limit=100', answer: { items: [letter] } }]],
  [
    'a dead letter and its data',
    ['dead', 'show', '7'],
    [{ request: 'GET /api/v1/dead/7', answer: { ...letter, headers: { [`x${evil}`]: evil }, data: { a: evil } } }],
  ],
  [
    'a dead letter and its bytes',
    ['dead', 'show', '7'],
    [{ request: 'GET /api/v1/dead/7', answer: { ...letter, payload: Buffer.from(evil).toString('base64') } }],
  ],
  [
    'sinks',
    ['sink', 'ls'],
    [
      {
        request: 'GET /api/v1/sinks',
        answer: { items: [poisoned({ name: 'a', type: 'b', subject: 'c', filter: 'd' })] },
      },
    ],
  ],
  [
    'the test of a sink',
    ['sink', 'test', 'a'],
    [{ request: 'POST /api/v1/sinks/a/test', answer: { outcome: 'refused', reason: evil, preview: evil, tookMs: 1 } }],
  ],
  [
    'the preview of a sink',
    ['sink', 'test', 'a', '--dry-run'],
    [{ request: 'POST /api/v1/sinks/a/test', answer: { outcome: 'dry', reason: evil, preview: evil, tookMs: 1 } }],
  ],
  [
    'an event',
    ['event', 'tail', 'assay.task.>', '--count', '1'],
    [
      {
        request: 'GET /api/v1/events?subject=assay.task.>',
        answer: (response: ServerResponse) => response.end(`data: ${JSON.stringify(event)}\n\n`),
      },
    ],
  ],
  [
    'what was published',
    ['event', 'publish', '--type', 'artifact.requested', '--id', 'e1'],
    [{ request: 'POST /api/v1/events', status: 202, answer: { id: evil, subject: evil } }],
  ],
  [
    'what a gateway refuses',
    ['runs', 'ls'],
    [{ request: 'GET /api/v1/runs?limit=50', status: 400, answer: { title: evil, detail: `no${evil}`, code: evil } }],
  ],
  [
    'where a gateway sends one',
    ['runs', 'ls'],
    [{ request: 'GET /api/v1/runs?limit=50', status: 302, headers: { location: '/\x9b31m' }, answer: {} }],
  ],
];

describe('text from elsewhere', () => {
  it.each(cases)('acts on no terminal: %s', async (_, argv, script) => {
    for (const columns of [undefined, 80]) {
      const ran = await against(script, argv, {
        stdin: '{}',
        env: { NO_COLOR: '1' },
        ...(columns === undefined ? {} : { columns }),
      });
      expect(ran.out + ran.err).not.toBe('');
      for (const text of [ran.out, ran.err])
        expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u200b]|(?!\u200d)\p{Cf}/u);
    }
  });
});
