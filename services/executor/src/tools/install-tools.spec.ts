import { describe, expect, it } from '@jest/globals';
import { tinyWorld } from '../testing/tiny-tools.ts';
import { installTools, type ToolInstall } from './install-tools.ts';

async function world() {
  const tiny = await tinyWorld();
  const components = [
    await tiny.component('comes', { install: 'with:Something' }),
    await tiny.component('broken', { install: 'npm:broken@1.0.0' }),
    await tiny.component('finder', { install: 'npm:finder@1.0.0' }),
    await tiny.component('needy', { install: 'npm:needy@1.0.0', annotations: '    assay.dev/needs: not-a-program' }),
    await tiny.component('eslint', { install: 'bundled:eslint' }),
  ];
  await tiny.tool(
    'npm',
    `grep -q broken package.json && { echo "no such package" >&2; exit 1; }
     mkdir -p node_modules/.bin
     printf '#!/bin/sh\\necho 1.0.0\\n' >node_modules/.bin/finder
     chmod +x node_modules/.bin/finder`,
  );
  const asked: string[] = [];
  const install = async (names: string[], signal?: AbortSignal): Promise<ToolInstall[]> => {
    const options = { ...tiny, components, onProgress: (line: string) => asked.push(line) };
    return Array.fromAsync(installTools(names, signal ? { ...options, signal } : options));
  };
  return { asked, install, [Symbol.asyncDispose]: () => tiny[Symbol.asyncDispose]() };
}

describe('installing several tools', () => {
  it('goes on after one that fails, and says what became of each', async () => {
    await using there = await world();
    const ended = await there.install(['all']);
    expect(ended.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['comes', 'skipped', 'comes is not installed: it comes with Something'],
      ['broken', 'failed', expect.stringContaining('no such package')],
      ['finder', 'installed', ''],
      ['needy', 'failed', 'needy needs not-a-program, which is not on the PATH; install not-a-program first.'],
      ['eslint', 'skipped', 'comes with Assay (npm eslint)'],
    ]);
    expect(ended[2]).toMatchObject({ version: '1.0.0', path: expect.stringMatching(/finder\/1\.0\.0\/bin\/finder$/) });
  });

  it('does each once, and nothing where it is there', async () => {
    await using there = await world();
    await there.install(['finder', 'finder']);
    expect(there.asked).toHaveLength(1);
    const [again] = await there.install(['finder']);
    expect(again).toMatchObject({ outcome: 'skipped', version: '1.0.0', reason: 'is there already' });
    expect(there.asked).toHaveLength(1);
  });

  it('refuses a name nobody knows before it does anything', async () => {
    await using there = await world();
    await expect(there.install(['finder', 'nope'])).rejects.toThrow('There is no tool "nope"');
    expect(there.asked).toEqual([]);
  });

  it('begins nothing once it is interrupted', async () => {
    await using there = await world();
    expect(await there.install(['all'], AbortSignal.abort())).toEqual([]);
  });
});
