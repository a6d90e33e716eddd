export { type ShowsRuns, showAssessment, showFinish, showStart } from './show-run.ts';
export { type Scans, startScans } from './start-scans.ts';
