// Each scanner's own task.yaml, with a script in the tool's place: what it says of exit codes, in assay.dev/exit-codes,
// its script must do.
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outcome, outcomeNames } from '@assay/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TaskEnd } from './backend.ts';
import { localBackend } from './backends/local/index.ts';
import { loadComponents } from './load-components.ts';
import { collect, endsOf, type TinyWorld, tinyWorld } from './testing/tiny-tools.ts';
import { toolOf } from './tools/tool-spec.ts';

const components = (await loadComponents()).filter(({ stage }) => stage === 'producer');
let world: TinyWorld;
beforeEach(async () => {
  world = await tinyWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

const wrote = 'echo {} >"$REPORT"; ';
/** Exit codes that a task must not take for a report, unless its tool's are among them. */
const failures = [1, 2, 3, 7, 126, 127, 254];
const table = components.flatMap(({ name, annotations }) => {
  const good = (annotations['assay.dev/exit-codes'] ?? '').split(' ').map(Number);
  const bad = failures.filter((code) => !good.includes(code));
  return [
    ...good.map((code) => [name, `${wrote}exit ${code}`, 'succeeded'] as const),
    ...bad.map((code) => [name, `${wrote}exit ${code}`, 'failed'] as const),
    // What looks like success or findings, and nothing was written.
    ...good.map((code) => [name, `exit ${code}`, 'failed'] as const),
  ];
});

/** A failure that has the exit code of findings, and that the report tells. */
const told = [
  ['npm-audit', String.raw`printf '{\n  "error": {\n    "code": "ENOLOCK"\n  }\n}\n' >"$REPORT"; exit 1`, 'failed'],
  ['npm-audit', String.raw`printf '{\n  "vulnerabilities": {\n    "error": {\n    }\n  }\n}\n'; exit 1`, 'succeeded'],
  ['npm-audit', String.raw`printf '{\n  "statusCode": 503,\n  "error": {\n  }\n}\n'; exit 1`, 'failed'],
  ['npm-audit', String.raw`printf '{\n  "statusCode": 405,\n  "error": {\n  }\n}\n'; exit 1`, 'skipped'],
  // It would run the project's own yarn.
  ['dependency-check', `${wrote}case "$*" in *--disableYarnAudit*) ;; *) exit 1 ;; esac`, 'succeeded'],
  ['njsscan', `echo '{"errors":["semgrep not found."]}' >"$REPORT"; exit 1`, 'failed'],
] as const;

/** What the tool says beside a report that has no place for it. */
const broken =
  'Error during extraction: (extracting as javascript/packagelockjson) b/package-lock.json: unexpected EOF';
const aside = [
  ['osv-scanner', `echo 'Scanned a/package-lock.json' >&2; echo '${broken}' >&2; ${wrote}exit 1`, `${broken}\n`],
  ['osv-scanner', `echo 'Failed to run code analysis (govulncheck) on go.mod' >&2; ${wrote}exit 1`, ''],
  ['dependency-check', `${wrote}exit 14`, 'some of the analyses of dependency-check failed\n'],
  ['dependency-check', `${wrote}exit 0`, ''],
] as const;

const reasons: Readonly<Record<string, unknown>> = {
  succeeded: '',
  failed: expect.stringContaining('step scan failed'),
  skipped: expect.stringContaining('does not audit'),
};

describe('the tasks that come with Assay', () => {
  it.each(components.map(({ name, annotations }) => [name, annotations['assay.dev/exit-codes']]))(
    '%s says which exit codes are no failure',
    (_name, codes) => {
      expect(codes).toMatch(/^\d+( \d+)*$/);
    },
  );

  it.each([...table, ...told])('%s that does "%s" has %s', async (name, script, outcome) => {
    const end = await run(name, script);
    expect([outcomeNames.of(end?.outcome ?? 0), end?.reason]).toEqual([outcome, reasons[outcome]]);
    expect(Object.keys(await world.submitted())).toEqual(end?.outcome === Outcome.SUCCEEDED ? [name] : []);
  });

  it('npm-audit reads no lock file that is a link to something of ours', async () => {
    const token = join(world.root, 'token');
    await writeFile(token, 'a token');
    await symlink(token, join(world.source, 'package-lock.json'));
    await writeFile(join(world.source, 'package.json'), '{"name":"shop"}');
    await run('npm-audit', 'cat package.json package-lock.json; exit 0');
    expect((await world.submitted())['npm-audit']?.report).toBe('{"name":"shop"}');
  });

  it.each(aside)('%s that does "%s" is partial by "%s"', async (name, script, partial) => {
    await run(name, script);
    expect(await world.submitted()).toMatchObject({ [name]: { partial } });
  });
});

async function run(name: string, script: string): Promise<TaskEnd | undefined> {
  const component = components.find((it) => it.name === name);
  const spec = component && toolOf(component);
  if (!component || !spec) throw new Error(`no ${name}`);
  const scan = component.steps[0];
  if (!scan?.script) throw new Error('no script');
  // Found before the real one, wherever that is.
  await world.tool(spec.command, script);
  const stubbed = scan.script.replace('#!/bin/sh\n', `#!/bin/sh\nPATH='${join(world.root, 'bin')}':$PATH\n`);
  expect(stubbed).not.toBe(scan.script);
  const backend = localBackend({ ...world, concurrency: 1, taskTimeoutMs: 20_000, now: () => new Date() });
  await backend.start({
    runId: `run of ${name}`,
    pipeline: 'scan',
    target: { name: 'shop', kind: 'repository' },
    revision: '',
    source: { folder: world.source },
    tasks: [{ name, component: { ...component, steps: [{ ...scan, script: stubbed }, ...component.steps.slice(1)] } }],
    params: { target: 'shop', run: 'run-1', gateway: 'http://127.0.0.1:9' },
    token: 'token',
  });
  return endsOf(await collect(backend.watch(`run of ${name}`))).at(-1)?.end;
}
