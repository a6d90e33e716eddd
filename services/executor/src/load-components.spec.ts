import { readdir, stat } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { type Component, givenParams } from '@assay/pipeline';
import { describe, expect, it } from '@jest/globals';
import { defaultComponents, defaultPipelines, loadComponents } from './load-components.ts';
import { toolOf } from './tools/tool-spec.ts';

const components = await loadComponents();

describe('the components that come with Assay', () => {
  it('are the folders with a task.yaml', async () => {
    // A tool whose report has a format of another name lies in that format's folder.
    const folders = defaultComponents.split(delimiter);
    const files = await Promise.all(
      folders.map(async (folder) => (await readdir(folder, { recursive: true })).map((file) => join(folder, file))),
    );
    const withTask = files.flat().filter((file) => basename(file) === 'task.yaml');
    expect(components.map(({ file }) => file).sort()).toEqual(withTask.sort());
    expect((await stat(join(defaultPipelines, 'scan'))).isDirectory()).toBe(true);
  });

  const scanners = components.filter(({ stage }) => stage === 'producer');
  describe.each(scanners.map((component) => [component.name, component] as const))('%s', (name, component) => {
    it('names its tool and how to get it', () => {
      expect(toolOf(component)?.name).toBe(name);
    });

    it('needs only what the executor gives', () => {
      const needed = component.params.filter((param) => param.default === undefined).map((param) => param.name);
      expect(givenParams).toEqual(expect.arrayContaining(needed));
      const bound = ['source', 'output', 'config', 'credentials'];
      expect(bound).toEqual(expect.arrayContaining(component.workspaces.map((workspace) => workspace.name)));
    });

    it('scans in one step and hands over in the next, under a key of run and task', () => {
      expect(component.steps.map((step) => step.name)).toEqual(['scan', 'submit']);
      const [scan, submit] = component.steps;
      expect(submit?.script).toContain(`--format=${component.annotations['assay.dev/format']} `);
      expect(submit?.script).toContain(`--run="$RUN" --task=${name} --idempotency-key="$RUN/${name}"`);
      expect(submit?.script).toContain(
        scan?.env
          ?.find((variable) => variable.name === 'REPORT')
          ?.value?.split('/')
          .at(-1),
      );
    });

    it('hands over as all others do', () => {
      expect(submitStepOf(component)).toEqual(submitStepOf(scanners[0]));
    });

    it('reads the tool’s exit code and refuses a report that is not there', () => {
      expect(component.steps[0]?.script).toMatch(/\|\| status=\$\?\n/);
      expect(component.steps[0]?.script).toContain('[ -s "$REPORT" ] ||');
    });
  });
});

/** What is the same in all: the step with the task's own names taken out. */
function submitStepOf(component: Component | undefined): unknown {
  const submit = component?.steps.find(({ name }) => name === 'submit');
  if (!component || !submit?.script) throw new Error('no submit step');
  const names: [RegExp, string][] = [
    [new RegExp(`--format=${component.annotations['assay.dev/format']} `), '--format=FORMAT '],
    [new RegExp(`--task=${component.name} `), '--task=NAME '],
    [new RegExp(`"\\$RUN/${component.name}"`), '"$RUN/NAME"'],
    [/ report\.\w+ >"\$RESULT"/, ' REPORT >"$RESULT"'],
  ];
  return { ...submit, script: names.reduce((script, [own, same]) => script.replace(own, same), submit.script) };
}
