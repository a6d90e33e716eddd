export { Client, type ClientOptions, type RequestOptions } from './client.ts';
export { type ExitCode, exitCode } from './exit-codes.ts';
export { type FollowOptions, followRun, type Progress } from './follow-run.ts';
export type { World } from './io.ts';
export { type RenderedRun, renderRun } from './render-run.ts';
export { run } from './run.ts';
