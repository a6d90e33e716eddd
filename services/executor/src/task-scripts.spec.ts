// Each scanner's own task.yaml, with a script in the tool's place: which exit codes are findings, and which failures.
import { Outcome, outcomeNames } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localBackend } from './backends/local/index.ts';
import { loadComponents } from './load-components.ts';
import { collect, type TinyWorld, tinyWorld } from './testing/tiny-tools.ts';
import { toolOf } from './tools/tool-spec.ts';

const components = await loadComponents();
let world: TinyWorld;
beforeEach(async () => {
  world = await tinyWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

const wrote = 'echo {} >"$REPORT"; ';
const cases = [
  ['bandit', [0, 1], [2, 3, 127]],
  ['eslint', [0, 1], [2, 3, 127]],
  ['gitleaks', [0, 7], [1, 2, 126]],
  ['gosec', [0], [1, 2]],
  ['npm-sbom', [0], [1, 254]],
  ['secretlint', [0, 1], [2, 3]],
  ['semgrep', [0], [1, 2, 3, 7]],
] as const;
const table = cases.flatMap(([name, good, bad]) => [
  ...good.map((code) => [name, `${wrote}exit ${code}`, 'succeeded'] as const),
  ...bad.map((code) => [name, `${wrote}exit ${code}`, 'failed'] as const),
  // What looks like success or findings, and nothing was written.
  ...good.map((code) => [name, `exit ${code}`, 'failed'] as const),
]);

describe('the tasks that come with Assay', () => {
  it('are all in the table', () => {
    expect(cases.map(([name]) => name)).toEqual(components.map(({ name }) => name));
  });

  it.each(table)('%s that does "%s" has %s', async (name, script, outcome) => {
    const component = components.find((it) => it.name === name);
    const spec = component && toolOf(component);
    if (!component || !spec) throw new Error(`no ${name}`);
    const scan = component.steps[0];
    if (!scan?.script) throw new Error('no script');
    // A function is found before any program of that name, wherever the real one is.
    const stubbed = scan.script.replace('#!/bin/sh\n', `#!/bin/sh\n${spec.command}() { (${script}) }\n`);
    expect(stubbed).not.toBe(scan.script);
    const backend = localBackend({ ...world, concurrency: 1, taskTimeoutMs: 20_000, now: () => new Date() });
    await backend.start({
      runId: `run of ${name}`,
      pipeline: 'scan',
      target: { name: 'shop', kind: 'repository' },
      revision: '',
      source: world.source,
      tasks: [
        { name, component: { ...component, steps: [{ ...scan, script: stubbed }, ...component.steps.slice(1)] } },
      ],
      params: { target: 'shop', run: 'run-1', gateway: 'http://127.0.0.1:9' },
      token: 'token',
    });
    const end = (await collect(backend.watch(`run of ${name}`))).at(-1)?.end;
    expect([outcomeNames.of(end?.outcome ?? 0), end?.reason]).toEqual([
      outcome,
      outcome === 'succeeded' ? '' : expect.stringContaining('step scan failed'),
    ]);
    expect(Object.keys(await world.submitted())).toEqual(end?.outcome === Outcome.SUCCEEDED ? [name] : []);
  });
});
