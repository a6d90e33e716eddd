// What the executor tells every task that declares it. A pipeline cannot set these; in a Pipeline they are declared
// alike, whatever a component says of them.
import type { PipelineParam } from './compose.ts';

const specs: readonly PipelineParam[] = [
  { name: 'target', type: 'string', description: 'Whose findings these are' },
  { name: 'target-kind', type: 'string', default: 'repository' },
  { name: 'revision', type: 'string', description: 'What is scanned: a commit, a digest', default: '' },
  { name: 'run', type: 'string', description: 'The run that this is' },
  { name: 'steps', type: 'array', description: 'Enrichment steps, each as --step=NAME:KEY=VALUE,…', default: [] },
  { name: 'gateway', type: 'string', description: 'Where reports are handed over' },
  { name: 'source-url', type: 'string', description: 'Where a source component fetches from', default: '' },
  { name: 'source-archive', type: 'string', description: 'Digest of the archive that was uploaded', default: '' },
];

export const givenParamSpecs: ReadonlyMap<string, PipelineParam> = new Map(specs.map((spec) => [spec.name, spec]));
export const givenParams: readonly string[] = [...givenParamSpecs.keys()];
/** Params of a Pipeline whose value its composition says. */
export const composedParams: readonly string[] = ['applies-to'];
