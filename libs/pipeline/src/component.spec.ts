import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadComponent, parseComponent } from './component.ts';

const file = join(import.meta.dirname, 'task.fixture.yaml');
const good = await readFile(file, 'utf8');

describe('a component', () => {
  it('is a Tekton Task with its stage, its folder and the step template merged into every step', async () => {
    const component = await loadComponent(file);
    expect(component).toMatchObject({
      name: 'tool',
      stage: 'producer',
      folder: import.meta.dirname,
      annotations: { 'assay.dev/tool': 'tool' },
    });
    expect(component.params.map(({ name }) => name)).toEqual(['target', 'level', 'flags', 'place']);
    expect(component.steps.map(({ image }) => image)).toEqual(['tool:1', 'tool:1', 'tool:1']);
    expect(component.steps[0]?.env).toEqual([
      { name: 'LEVEL', value: '$(params.level)' },
      { name: 'MODE', value: 'step' },
    ]);
  });

  const change = (from: string | RegExp, to: string): string => {
    const changed = good.replace(from, to);
    if (changed === good) throw new Error(`nothing to change: ${from}`);
    return changed;
  };

  it.each([
    ['another apiVersion', change('tekton.dev/v1', 'tekton.dev/v1alpha1'), /task\.yaml:1: apiVersion/],
    ['no label', change(/ {2}labels:\n.*\n/, ''), /task\.yaml:4: metadata › labels/],
    ['an unknown stage', change('component: producer', 'component: scanner'), /task\.yaml:6: .*producer/],
    ['a misspelt field', change('script: |', 'scirpt: |'), /task\.yaml:\d+: spec › steps › 0/],
    ['a step with command and script', change('command: [submit]', 'command: [submit]\n      script: x'), /keep one/],
    ['a step with nothing to run', change(/script: echo done.*\n {6}args.*\n/, 'name: idle\n'), /nothing to run/],
    ['no image at all', change('    image: tool:1\n', ''), /task\.yaml:\d+: the step has no image/],
    ['a param twice', change('- name: level', '- name: target'), /task\.yaml:13: params has "target" twice/],
    ['a default that the enum has not', change('default: high', 'default: huge'), /task\.yaml:14: .*one of low, high/],
    ['a default of another type', change('type: array', 'type: string'), /the default of "flags" is not a string/],
    ['a variable nobody declares', change('$(params.level)', '$(params.levle)'), /\$\(params\.levle\) is not declared/],
    ['a workspace nobody declares', change('$(workspaces.source.path)', '$(workspaces.src.path)'), /is not declared/],
    ['a param inside a script', change('"$LEVEL"', '$(params.level)'), /pass it through env/],
    ['a workspace inside a script', change('"$LEVEL"', '$(workspaces.source.path)'), /pass it through env/],
    ['a bracketed param inside a script', change('"$LEVEL"', '$(params["level"])'), /pass it through env/],
    ['a bad duration', change('1m30s', 'soon'), /must be like/],
    ['broken YAML', 'a: [1\nb: 2', /task\.yaml:2/],
    ['an empty file', '', /is empty/],
    ['two documents', `${good}---\n${good}`, /several documents/],
    ['an alias bomb', `a: &a [1,1,1,1,1]\n${'b: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]'}`, /too many aliases/],
  ])('is refused with file and line: %s', (_, text, message) => {
    expect(() => parseComponent(text, 'task.yaml')).toThrow(message);
  });

  it('names the file that cannot be read', async () => {
    await expect(loadComponent('/nonexistent/task.yaml')).rejects.toThrow('/nonexistent/task.yaml');
  });
});
