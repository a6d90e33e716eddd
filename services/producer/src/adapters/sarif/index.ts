// SARIF 2.1.0 of any tool.
import type { Adapter } from '../../adapter.ts';
import { parseSarif } from './parse-sarif.ts';

export const sarif: Adapter = {
  name: 'sarif',
  title: 'SARIF 2.1.0 of any tool',
  // Members stand in any order, and the version may come behind megabytes of results.
  recognises: ({ root, keys, text }) =>
    root === 'object' &&
    keys.has('runs') &&
    /sarif|"driver"|"ruleId"|"physicalLocation"|"runs"\s*:\s*\[\s*\]/.test(text),
  parse: (report, parsing) => parseSarif(report, parsing),
};
