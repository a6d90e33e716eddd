export type { Adapter, FindingDraft, Parsing, Report, Sample } from './adapter.ts';
export { adapters } from './adapters/by-name.ts';
export { type ParseOptions, type ParseSummary, parseToFindings } from './parse-to-findings.ts';
export { producer } from './service.ts';
