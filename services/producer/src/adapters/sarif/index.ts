// SARIF 2.1.0 of any tool.
import type { Adapter } from '../../adapter.ts';
import { parseSarif } from './parse-sarif.ts';

/** Tools whose adapter reads their SARIF itself, so that a report is recognised by one adapter only. */
const readElsewhere = /"driver"\s*:\s*\{\s*"name"\s*:\s*"secretlint"/;

export const sarif: Adapter = {
  name: 'sarif',
  title: 'SARIF 2.1.0 of any tool',
  recognises: ({ root, keys, text }) =>
    root === 'object' && keys.has('runs') && (keys.has('version') || keys.has('$schema')) && !readElsewhere.test(text),
  parse: (report, parsing) => parseSarif(report, parsing),
};
