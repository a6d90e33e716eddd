import { Writable } from 'node:stream';
import { Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import type { Log, SinkContext, SinkItem } from '../../sink.ts';
import { stdout } from './index.ts';

const event = {
  id: 'e1',
  type: 'dev.assay.run.finished.v1',
  subject: 'assay.run.finished.scan',
  time: 'now',
  order: '1',
};
const finding: SinkItem = {
  id: 'e1:f1',
  event,
  position: 0,
  finding: {
    id: 'f1',
    target: 'shop',
    tool: 'gosec',
    rule: 'G404',
    title: 'Weak\u001b[2J random\nnumbers',
    severity: 'high',
    path: 'cmd/main.go',
    startLine: 12,
    transition: 'opened',
  },
};
const run: SinkItem = { id: 'e1', event, position: 0, data: { runId: 'r1' } };

async function deliver(format: string, items: SinkItem[]): Promise<string> {
  let text = '';
  const output = new Writable({
    write: (chunk, _, done) => {
      text += chunk;
      done();
    },
  });
  await open(format, output).then((sink) => sink.deliver(items, info));
  return text;
}

const info = { id: 'd', attempt: 1, signal: new AbortController().signal };

function open(format: string, output: Writable) {
  const context: SinkContext = {
    name: 'spec',
    generation: 1,
    hasFindings: true,
    log: {} as Log,
    filesRoot: '/nowhere',
    stdout: output,
    allowsPrivateAddresses: false,
    now: () => new Date(0),
  };
  return stdout.open({ format }, {}, context);
}

describe('standard output', () => {
  it('has a JSON line for each', async () => {
    const { order: _, ...attributes } = event;
    const lines = (await deliver('jsonl', [finding, run])).split('\n');
    expect(lines.map((line) => (line ? JSON.parse(line) : line))).toEqual([
      finding.finding,
      { ...attributes, data: { runId: 'r1' } },
      '',
    ]);
  });

  it('has a line for people, in which a stranger’s title moves no cursor', async () => {
    expect(await deliver('text', [finding, run])).toBe(
      'opened high gosec G404 cmd/main.go:12 Weak [2J random numbers\nnow assay.run.finished.scan\n',
    );
  });

  it('is asked again when it is closed', async () => {
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    output.on('error', () => {});
    const sink = await open('jsonl', output);
    await expect(sink.deliver([finding], info)).rejects.toBeInstanceOf(Transient);
  });
});
