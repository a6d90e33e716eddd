// A secret's value in a report never appears on the bus, in the store, in a log or in a sink: reports of tools that
// show what they found, whole and broken, go through a running platform, and then every byte it wrote is searched.
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { adapters } from '@assay/producer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LivePlatform, reportIdOf } from './live-platform.suite.ts';
import { everyGeneric, reports, telling } from './secret-reports.suite.ts';

const everySecret = [...new Set(reports.flatMap(([, , , secrets]) => secrets))];

let live: LivePlatform;
const ids: string[] = [];
/** What the services tell of their work over OTLP. */
const told: Buffer[] = [];
const collector = createServer(async (request, response) => {
  for await (const chunk of request) told.push(chunk as Buffer);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as { port: number };
  live = await LivePlatform.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  for (const subject of ['assay.finding.changed.>', 'assay.report.parsed.>', 'assay.dead.>']) {
    const name = subject.split('.')[1] as string;
    const sink = { name, subject, type: 'file', config: { path: `${name}.jsonl`, format: 'jsonl' } };
    const answer = await live.http('POST', '/api/v1/sinks', JSON.stringify(sink), {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(201);
  }
}, 60_000);
afterAll(async () => {
  await live?.stop();
  collector.closeAllConnections();
  collector.close();
});

/** Which secrets are there: as they are, as in JSON, in base64, or any of these in what is compressed. */
function leaks(bytes: Buffer, secrets: readonly string[]): string[] {
  const all = [bytes, ...unpacked(bytes)];
  return secrets.filter((secret) => formsOf(secret).some((form) => all.some((some) => some.includes(form))));
}

function formsOf(secret: string): string[] {
  // Three bytes are four characters, so it looks different by what stands before it.
  const encoded = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const whole = bytes.subarray(before === 0 ? 0 : 3, bytes.length - (bytes.length % 3));
    return whole.toString('base64');
  });
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded.filter(({ length }) => length >= 8)];
}

const packings: [magic: Buffer, unpack: (bytes: Buffer) => Buffer][] = [
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), zstdDecompressSync],
  [Buffer.from([0x1f, 0x8b, 0x08]), gunzipSync],
];

/** What is compressed in it, wherever it begins: an event in a file of a stream, the contents of a row. */
function unpacked(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (const [magic, unpack] of packings)
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      try {
        found.push(unpack(bytes.subarray(at)));
      } catch {
        // Bytes that only look like it.
      }
    }
  return found;
}

/** Every value of every row, as a database spreads a long one over its pages. */
function everyValue(path: string): Buffer[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM "${String(name)}"`)
        .all()
        .flatMap((row) => Object.values(row))
        .map((value) => Buffer.from(value instanceof Uint8Array ? value : String(value))),
    );
  } finally {
    database.close();
  }
}

it('every adapter has a report here', () => {
  expect(new Set(reports.map(([, format]) => format))).toEqual(new Set(adapters.keys()));
});

it('there is something to leak', () => {
  for (const [name, , text, secrets] of reports) {
    expect([name, secrets.length > 1]).toEqual([name, true]);
    for (const secret of secrets)
      expect([name, leaks(Buffer.from(text as string), [secret])]).toEqual([name, [secret]]);
  }
});

/** Formats that say where a secret is, and nothing of the line. */
const saysNothing = new Set(['secretlint', 'detect-secrets']);

describe('a report with secrets in clear', () => {
  it.each(reports)('becomes findings without them: %s', async (name, format, text, secrets) => {
    const answer = await live.submit({ format, target: name, sourceRoot: '/src' }, text);
    const run = await live.assessed(answer.json.runId as string);
    ids.push(answer.json.reportId as string);
    expect(run.reports[0]?.findings).toBeGreaterThan(0);
    const { json } = await live.http('GET', `/api/v1/findings?limit=1000&target=${encodeURIComponent(name)}`);
    if (!saysNothing.has(format)) expect(JSON.stringify(json)).toContain('[redacted]');
    expect(leaks(Buffer.from(JSON.stringify([json, run])), secrets)).toEqual([]);
  });

  it.each(reports)('keeps them to itself when it is broken: %s', async (name, format, text, secrets) => {
    const otherFormat = format === 'sarif' ? 'gosec' : 'sarif';
    for (const [as, broken] of [
      [format, text.slice(0, text.length - 3)],
      [format, Buffer.concat([Buffer.from(text.slice(0, text.length / 2) as string), Buffer.from(telling)])],
      [otherFormat, text],
      ['auto', telling],
    ] as const) {
      const answer = await live.submit({ format: as, target: name }, broken);
      expect(leaks(Buffer.from(JSON.stringify(answer.json)), [...secrets, ...everyGeneric])).toEqual([]);
      const id = reportIdOf(answer);
      ids.push(id);
      const letter = await live.letterOf(id);
      expect(leaks(Buffer.from(JSON.stringify(letter.reason)), [...secrets, ...everyGeneric])).toEqual([]);
      const cli = await live.assay(['report', 'parse', '--format', as, '-'], { stdin: String(broken) });
      expect(cli.code).toBe(2);
      expect(leaks(Buffer.from(cli.out + cli.err), [...secrets, ...everyGeneric])).toEqual([]);
    }
  });
});

describe('afterwards no secret is', () => {
  it('on the bus, dead letters included', async () => {
    for (const id of ids) await live.assessed(id);
    const messages = await live.everyMessage();
    expect(messages.length).toBeGreaterThan(100);
    expect(messages.some(({ subject }) => subject.startsWith('assay.dead.'))).toBe(true);
    expect(
      messages.some(
        ({ subject, bytes }) => subject.startsWith('assay.finding.enriched.') && unpacked(bytes).length > 0,
      ),
    ).toBe(true);
    expect(
      messages.flatMap(({ subject, bytes }) => leaks(bytes, everySecret).map((secret) => [subject, secret])),
    ).toEqual([]);
  });

  it('in any file but the kept reports: no store, log, sink or stream', async () => {
    const files = await live.everyFile();
    const paths = files.map(({ path }) => path);
    for (const kept of [
      'data/assay.db',
      'logs/assay.log',
      'sinks/finding.jsonl',
      'sinks/report.jsonl',
      'sinks/dead.jsonl',
    ])
      expect(paths).toContain(kept);
    const leaking = files.filter(({ bytes }) => leaks(bytes, everySecret).length > 0).map(({ path }) => path);
    expect(leaking.filter((path) => !path.startsWith('data/blobs/sha256/'))).toEqual([]);
    // The search finds them where they are known to be, and nobody else on the machine can.
    expect(leaking.length).toBeGreaterThan(0);
    for (const path of leaking) expect((await stat(join(live.home.home, '.assay', path))).mode & 0o077).toBe(0);
    expect(leaks(Buffer.from(live.platform.output()), everySecret)).toEqual([]);
  });

  it('in any row of the store, unpacked', () => {
    const values = everyValue(join(live.home.home, '.assay/data/assay.db'));
    // Findings are there to be found, and only unpacking shows them.
    expect(
      values.some(
        (value) => !value.includes('[redacted]') && unpacked(value).some((some) => some.includes('[redacted]')),
      ),
    ).toBe(true);
    expect(values.flatMap((value) => leaks(value, everySecret))).toEqual([]);
  });

  it('in what is told of the work', async () => {
    expect(Buffer.concat(told).includes('report.submitted')).toBe(true);
    expect(leaks(Buffer.concat(told), everySecret)).toEqual([]);
  });

  it('in what the API hands out', async () => {
    for (const path of [
      '/api/v1/runs?limit=1000',
      '/api/v1/reports?limit=1000',
      '/api/v1/dead?limit=1000',
      '/metrics',
    ]) {
      const response = await fetch(`${live.platform.url}${path}`, {
        headers: { authorization: `Bearer ${live.platform.token}` },
      });
      expect(response.status).toBe(200);
      expect(leaks(Buffer.from(await response.text()), everySecret)).toEqual([]);
    }
  });
});

describe('a report that a client put on the bus itself', () => {
  it('stays in the event it sent, and in its dead letter, and goes no further', async () => {
    const [, , text, secrets] = reports[0] as (typeof reports)[number];
    const id = await live.send(
      'assay.report.submitted.gosec',
      JSON.stringify({ target: { name: 'inline' }, text: String(text) }),
    );
    const letter = await live.letterOf(id);
    await live.assessed(id);
    expect(leaks(Buffer.from(letter.reason), secrets)).toEqual([]);
    const messages = await live.everyMessage();
    const leaking = messages.filter(({ bytes }) => leaks(bytes, secrets).length > 0).map(({ subject }) => subject);
    expect(leaking).toEqual(['assay.report.submitted.gosec', 'assay.dead.producer.report.submitted']);
    // People are not shown it.
    const { json } = await live.http('GET', '/api/v1/dead?limit=1000');
    const last = (json.items as { sequence: number }[]).at(-1)?.sequence ?? 0;
    const shown = await live.assay(['dead', 'show', String(last), '-o', 'json']);
    expect(shown.out).toContain('withheld');
    expect(leaks(Buffer.from(shown.out), secrets)).toEqual([]);
  });
});
