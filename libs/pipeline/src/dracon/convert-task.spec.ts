import { describe, expect, it } from '@jest/globals';
import { type Component, parseComponent } from '../component.ts';
import { composePipeline, taskText } from '../compose.ts';

const head = (name: string, stage: string) => `apiVersion: tekton.dev/v1beta1
kind: Task
metadata:
  name: ${name}
  labels:
    v1.dracon.ocurity.com/component: ${stage}
spec:
`;
// As Dracon's producers are written: the tool in one step, its report made a .pb in the next.
const producer = `${head('producer-lint', 'producer')}  params:
    - name: producer-lint-flags
      type: array
      default: [-r]
    - name: anchors
      type: array
      default: []
    - name: dracon_scan_id
      type: string
  volumes:
    - name: scratch
      emptyDir: {}
  workspaces:
    - name: source-code-ws
  results:
    - name: anchor
  steps:
    - name: run-lint
      image: docker.io/example/lint:1
      resources:
        limits: {memory: 1Gi}
      script: |
        lint $(params.producer-lint-flags[*]) $(workspaces.source-code-ws.path) >/scratch/out.json
      volumeMounts: [{mountPath: /scratch, name: scratch}]
    - name: produce-issues
      imagePullPolicy: IfNotPresent
      image: '{{ default "ghcr.io/example/dracon" .Values.image.registry }}/components/producers/lint:{{ .Chart.AppVersion }}'
      command: [/app/lint-parser]
      args: ["-in=/scratch/out.json", "-out=$(workspaces.source-code-ws.path)/.dracon/producers/lint.pb"]
      env: []
      livenessProbe: {exec: {command: [true]}}
      volumeMounts: [{mountPath: /scratch, name: scratch}]
`;
const helm = { Chart: { AppVersion: '1.4.0' } };
const load = (text: string): Component => parseComponent(text, 'task.yaml', helm);

describe('a component written for Dracon', () => {
  it('becomes a tekton.dev/v1 Task that reads the workspace source and hands its report over', () => {
    const component = load(producer);
    expect(component).toMatchObject({ name: 'producer-lint', stage: 'producer', isForeign: true });
    expect(component.task.apiVersion).toBe('tekton.dev/v1');
    expect(component.workspaces).toEqual([
      { name: 'source' },
      { name: 'output' },
      { name: 'credentials', description: "The run's token", readOnly: true },
    ]);
    expect(component.results.map(({ name }) => name)).toEqual(['anchor', 'report']);
    const [tool, parser, submit] = component.steps;
    expect(tool).toMatchObject({
      computeResources: { limits: { memory: '1Gi' } },
      script: 'lint $(params.producer-lint-flags[*]) $(workspaces.source.path) >/scratch/out.json\n',
    });
    expect(tool).not.toHaveProperty('resources');
    expect(parser).toEqual({
      name: 'produce-issues',
      imagePullPolicy: 'IfNotPresent',
      image: 'ghcr.io/example/dracon/components/producers/lint:1.4.0',
      command: ['/app/lint-parser'],
      args: ['-in=/scratch/out.json', '-out=$(workspaces.output.path)/.dracon/producers/lint.pb'],
      volumeMounts: [{ mountPath: '/scratch', name: 'scratch' }],
      env: [
        { name: 'DRACON_SCAN_ID', value: '$(params.dracon_scan_id)' },
        { name: 'DRACON_SCAN_TIME', value: '$(params.dracon_scan_start_time)' },
      ],
    });
    expect(submit).toMatchObject({
      name: 'submit',
      workspaces: [{ name: 'credentials' }],
      args: ['$(params.steps[*])'],
      script: expect.stringContaining('assay report submit --format=dracon'),
    });
    expect(submit?.env).toContainEqual({
      name: 'REPORT',
      value: '$(workspaces.output.path)/.dracon/producers/lint.pb',
    });
  });

  it('loads as packaged, with Tasks that our rules would refuse', () => {
    const packaged = taskText(load(producer), {});
    const again = parseComponent(packaged, 'task.yaml');
    expect(again).toMatchObject({ isConverted: false, isForeign: true });
    expect(again.task).toEqual(load(producer).task);
  });

  it('has what is odd about it told with its line', () => {
    expect(load(producer).warnings).toEqual([
      'task.yaml:38: livenessProbe is left out; tekton.dev/v1 has it no more',
      expect.stringMatching(
        /^task\.yaml:29: \$\(params\.producer-lint-flags\[\*\]\) inside a script would be read as shell/,
      ),
    ]);
  });

  it('is ordered by its stage, and its anchors are the results it expects', () => {
    const source = load(
      `${head('git-clone', 'source')}  results: [{name: anchor}]\n  workspaces: [{name: output}]\n  steps: [{image: git, script: clone}]\n`,
    );
    const base = load(
      `${head('base', 'base')}  results: [{name: dracon-scan-id}, {name: dracon-scan-start-time}]\n  steps: [{image: busybox, script: id}]\n`,
    );
    const { spec } = composePipeline({ name: 'p', components: [base, source, load(producer)] }, { tasks: 'reference' });
    expect(spec.workspaces.map(({ name }) => name)).toEqual(['source', 'output', 'credentials']);
    expect(spec.tasks[2]).toMatchObject({
      runAfter: ['git-clone'],
      params: expect.arrayContaining([
        { name: 'anchors', value: ['$(tasks.git-clone.results.anchor)'] },
        { name: 'dracon_scan_id', value: '$(tasks.base.results.dracon-scan-id)' },
        { name: 'producer-lint-flags', value: ['$(params.producer-lint-flags[*])'] },
      ]),
    });
    expect(spec.params.map(({ name }) => name)).not.toContain('anchors');
  });

  it('is given the findings where it looks for them, and what it changed is returned', () => {
    const enricher = load(
      `${head('enricher-owners', 'enricher')}  workspaces: [{name: source-code-ws}]
  steps:
    - name: run-enricher
      image: owners
      command: [/app/owners]
      env:
        - {name: READ_PATH, value: $(workspaces.source-code-ws.path)/.dracon/producers}
        - {name: WRITE_PATH, value: $(workspaces.source-code-ws.path)/.dracon/enrichers/owners}
        - {name: REPO_BASE_PATH, value: $(workspaces.source-code-ws.path)/}
`,
    );
    expect(enricher.workspaces.map(({ name }) => name)).toEqual(['source', 'output', 'credentials']);
    const [pull, tool, push] = enricher.steps;
    expect(pull?.args).toEqual([
      'run-findings',
      'pull',
      '--run=$(params.run)',
      '--step=enricher-owners',
      '--format=dracon',
      '--dir=$(workspaces.output.path)/.dracon/producers',
    ]);
    expect(tool).toMatchObject({ name: 'run-enricher', onError: 'continue' });
    expect(tool?.env).toContainEqual({ name: 'REPO_BASE_PATH', value: '$(workspaces.source.path)/' });
    expect(push?.args).toEqual([
      'run-findings',
      'push',
      '--run=$(params.run)',
      '--step=enricher-owners',
      '--dir=$(workspaces.output.path)/.dracon/producers',
      '--from=$(workspaces.output.path)/.dracon/enrichers/owners',
      '--exit-code-file=$(steps.step-run-enricher.exitCode.path)',
    ]);
    expect(enricher.warnings).toEqual([]);
  });

  it('is given the enriched findings as a consumer', () => {
    const consumer = load(
      `${head('consumer-db', 'consumer')}  workspaces: [{name: output}]
  steps: [{name: run, image: db, command: [/app/db], args: ["-in", "$(workspaces.output.path)/.dracon/enrichers/"]}]
`,
    );
    expect(consumer.steps.map(({ name }) => name)).toEqual(['pull-findings', 'run']);
    expect(consumer.steps[0]?.args?.at(-1)).toBe('--dir=$(workspaces.output.path)/.dracon/enrichers/');
  });

  it.each([
    ['a path of its own', '-out=/scratch/lint.pb', '/scratch/lint.pb', [{ mountPath: '/scratch', name: 'scratch' }]],
    [
      'the workspace that each task has of its own',
      '-out=$(workspaces.scratch.path)/l.pb',
      '$(workspaces.output.path)/l.pb',
      undefined,
    ],
  ])('hands over a report in %s', (_, argument, path, volumeMounts) => {
    const { steps } = load(
      producer.replace('-out=$(workspaces.source-code-ws.path)/.dracon/producers/lint.pb', argument),
    );
    expect(steps[2]?.env).toContainEqual({ name: 'REPORT', value: path });
    expect(steps[2]?.volumeMounts).toEqual(volumeMounts);
  });

  it.each([
    [
      'the label of those who went on with it',
      producer.replace('v1.dracon.ocurity.com/component', 'v1.smithy.smithy-security.com/component'),
    ],
    ['a workspace that it does not declare', producer.replace('  workspaces:\n    - name: source-code-ws\n', '')],
    [
      'a step that only its image knows',
      producer.replace('      command: [/app/lint-parser]\n', '').replace(/ {6}args:.*\n/, ''),
    ],
  ])('loads with %s', (_, text) => {
    expect(text).not.toBe(producer);
    expect(load(text)).toMatchObject({ stage: 'producer', isForeign: true });
    expect(load(text).workspaces).toContainEqual({ name: 'source' });
  });

  it('tells when nothing of what it finds would be handed over', () => {
    const [warning] = load(
      producer.replace('lint.pb', 'lint.json').replace('      livenessProbe: {exec: {command: [true]}}\n', ''),
    ).warnings;
    expect(warning).toMatch(/^task\.yaml:25: no step writes a \.pb file/);
  });

  it.each([
    ['a value that is missing', producer, {}, /task\.yaml:34: \{\{ \.Chart\.AppVersion \}\} has no value/],
    [
      'a field that no version of Tekton has',
      producer.replace('  volumes:', '  volums:'),
      helm,
      /task\.yaml:\d+: spec › .*volums/,
    ],
    [
      'a stage that there is not',
      producer.replace('component: producer', 'component: scanner'),
      helm,
      /task\.yaml:6: .*must be one of base, source/,
    ],
    ['no labels', producer.replace(/ {2}labels:\n.*\n/, ''), helm, /task\.yaml:4: .*a component says its stage by/],
  ])('is refused for %s, with file and line', (_, text, context, message) => {
    expect(() => parseComponent(text, 'task.yaml', context)).toThrow(message);
  });
});
