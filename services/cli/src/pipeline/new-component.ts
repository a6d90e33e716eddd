// The beginning of a component: a task.yaml of its stage that validates as it is.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '@assay/contracts/errors';

export const newStages = ['source', 'producer', 'enricher', 'consumer'] as const;
export type NewStage = (typeof newStages)[number];

const given = `    - name: run
      description: The run this task belongs to
    - name: gateway
      description: Where Assay is
`;
const credentials = `    - name: credentials
      description: The run's token, in a file named token
      readOnly: true
`;
const asked = `      workspaces:
        - name: credentials
      env:
        - name: ASSAY_URL
          value: $(params.gateway)
        - name: ASSAY_TOKEN_FILE
          value: $(workspaces.credentials.path)/token
`;
const output = `    - name: output
      description: Holds files between the steps
`;
const source = (readOnly: string) => `    - name: source
      description: What is scanned
${readOnly}`;

const specs: Readonly<Record<NewStage, (name: string) => string>> = {
  source: () => `  description: Says what it fetches.
  params:
    - name: source-url
      description: Where it fetches from
  workspaces:
${source('')}  results:
    - name: commit
      description: What was fetched
  steps:
    - name: fetch
      image: busybox
      workingDir: $(workspaces.source.path)
      env:
        - name: ADDRESS
          value: $(params.source-url)
        - name: RESULT
          value: $(results.commit.path)
      script: |
        #!/bin/sh
        set -e
        wget -O archive.tar.gz "$ADDRESS"
        sha256sum archive.tar.gz | cut -d' ' -f1 | tr -d '\\n' >"$RESULT"
        tar -xzf archive.tar.gz
        rm archive.tar.gz
`,
  producer: (name) => `  description: Says what it looks for.
  params:
    - name: target
      description: Whose findings these are
    - name: target-kind
      default: repository
    - name: revision
      default: ""
    - name: steps
      type: array
      default: []
${given}  workspaces:
${source('      readOnly: true\n')}${output}${credentials}  results:
    - name: report
      description: Id of the report that was handed over
  steps:
    - name: scan
      image: busybox
      workingDir: $(workspaces.source.path)
      env:
        - name: REPORT
          value: $(workspaces.output.path)/report.json
      script: |
        #!/bin/sh
        # Replace it by the tool; SARIF is understood as it is.
        echo '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "${name}"}}, "results": []}]}' >"$REPORT"
    - name: submit
      image: ghcr.io/assay/cli:0.1.0
      workingDir: $(workspaces.output.path)
      args: ["$(params.steps[*])"]
${asked}        - name: TARGET
          value: $(params.target)
        - name: KIND
          value: $(params.target-kind)
        - name: REVISION
          value: $(params.revision)
        - name: RUN
          value: $(params.run)
        - name: RESULT
          value: $(results.report.path)
      script: |
        #!/bin/sh
        exec assay report submit --format=sarif --target="$TARGET" --kind="$KIND" \${REVISION:+"--revision=$REVISION"} \\
          --run="$RUN" --task=${name} --idempotency-key="$RUN/${name}" "$@" report.json >"$RESULT"
`,
  enricher: (name) => `  description: Says what it adds.
  params:
${given}  workspaces:
${output}${credentials}  steps:
    - name: pull
      image: ghcr.io/assay/cli:0.1.0
${asked}      command: [assay]
      args: [run-findings, pull, --run=$(params.run), --step=${name}, --dir=$(workspaces.output.path)/findings]
    - name: tool
      image: busybox
      onError: continue
      env:
        - name: FINDINGS
          value: $(workspaces.output.path)/findings/findings.jsonl
      script: |
        #!/bin/sh
        # One finding a line; change what you know better, in place.
        wc -l "$FINDINGS"
    - name: push
      image: ghcr.io/assay/cli:0.1.0
${asked}      command: [assay]
      args:
        - run-findings
        - push
        - --run=$(params.run)
        - --step=${name}
        - --dir=$(workspaces.output.path)/findings
        - --exit-code-file=$(steps.step-tool.exitCode.path)
`,
  consumer: () => `  description: Says where it brings findings.
  params:
${given}  workspaces:
${output}${credentials}  steps:
    - name: pull
      image: ghcr.io/assay/cli:0.1.0
${asked}      command: [assay]
      args: [run-findings, pull, --run=$(params.run), --dir=$(workspaces.output.path)/findings]
    - name: tool
      image: busybox
      env:
        - name: FINDINGS
          value: $(workspaces.output.path)/findings/findings.jsonl
      script: |
        #!/bin/sh
        wc -l "$FINDINGS"
`,
};

/** Writes <folder>/<name>/task.yaml and returns its path. Throws InvalidInput when it is there, or the name is none. */
export async function newComponent(folder: string, name: string, stage: NewStage): Promise<string> {
  const { parseComponent, stageLabel } = await import('@assay/pipeline');
  const file = join(folder, name, 'task.yaml');
  const text = `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: ${JSON.stringify(name)}
  labels:
    ${stageLabel}: ${stage}
spec:
${specs[stage](name)}`;
  parseComponent(text, file);
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new InvalidInput(`${file} is there already; choose another name`, { code: 'component.exists' });
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(file, text.replace(`name: "${name}"`, `name: ${name}`), { flag: 'wx' });
  return file;
}
