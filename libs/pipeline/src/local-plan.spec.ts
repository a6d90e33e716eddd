import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseComponent } from './component.ts';
import { planLocally } from './local-plan.ts';

const text = await readFile(join(import.meta.dirname, 'task.fixture.yaml'), 'utf8');
const component = parseComponent(text, 'task.yaml');
const options = {
  params: { target: "it's; $(rm -rf /)" },
  workspaces: { source: '/src' },
  resultsFolder: '/results',
  scriptsFolder: '/scripts',
  taskRunName: 'run-1-tool',
};

describe('the local plan', () => {
  it('is one process a step, with values in arguments and environment and never in a script', () => {
    expect(planLocally(component, options)).toEqual({
      results: { report: '/results/report' },
      steps: [
        {
          name: 'scan',
          argv: ['/usr/bin/env', 'sh', '/scripts/scan'],
          script: { file: '/scripts/scan', content: '#!/usr/bin/env sh\ntool "$LEVEL" $(date)\n' },
          env: { LEVEL: 'high', MODE: 'step' },
          cwd: '/src',
          timeoutMs: 90_000,
          continues: false,
        },
        {
          name: 'step-1',
          argv: ['submit', "--target=it's; $(rm -rf /)", '--fast', '--quiet', 'example.com', 'high'],
          env: { LEVEL: 'high', MODE: 'template' },
          cwd: '/scripts',
          continues: true,
        },
        {
          name: 'step-2',
          argv: ['/bin/sh', '/scripts/step-2', '/results/report'],
          script: { file: '/scripts/step-2', content: 'set -e\necho done >$RESULT' },
          env: { LEVEL: 'high', MODE: 'template' },
          cwd: '/scripts',
          continues: false,
        },
      ],
    });
  });

  it.each([
    ['a missing param', text, { ...options, params: {} }, 'param "target" has no value'],
    ['a param of another type', text, { ...options, params: { target: ['a'] } }, 'param "target" must be a string'],
    ['a value the enum has not', text, { ...options, params: { target: 'a', level: 'x' } }, 'one of low, high'],
    ['a missing workspace', text, { ...options, workspaces: {} }, 'workspace "source" is not bound'],
    ['volumes', text.replace('  workspaces:', '  volumes: []\n  workspaces:'), options, 'run it on Tekton'],
    [
      'a secret of the cluster',
      text.replace('value: step', 'valueFrom: { secretKeyRef: { name: a, key: b } }'),
      options,
      'MODE from the cluster',
    ],
    ['a step that only its image knows', text.replace('command: [submit]', 'name: image'), options, 'has no command'],
  ])('is refused for %s', (_, task, given, message) => {
    expect(() => planLocally(parseComponent(task, 'task.yaml'), given)).toThrow(message);
  });
});
