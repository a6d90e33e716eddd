// Every route, one file a noun.
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';
import { blobRoutes } from './blobs.ts';
import { deadRoutes } from './dead.ts';
import { eventRoutes } from './events.ts';
import { findingRoutes } from './findings.ts';
import { healthRoutes } from './health.ts';
import { homeRoutes } from './home.ts';
import { reportRoutes } from './reports.ts';
import { runFindingsRoutes } from './run-findings.ts';
import { runLogRoutes } from './run-logs.ts';
import { runRoutes } from './runs.ts';
import { sinkRoutes } from './sinks.ts';
import { sourceRoutes } from './sources.ts';
import { tokenRoutes } from './tokens.ts';
import { webhookRoutes } from './webhooks.ts';

export const routes: readonly ((gateway: Gateway) => (app: App) => Promise<void>)[] = [
  homeRoutes,
  healthRoutes,
  reportRoutes,
  findingRoutes,
  runRoutes,
  runLogRoutes,
  sourceRoutes,
  runFindingsRoutes,
  eventRoutes,
  sinkRoutes,
  deadRoutes,
  blobRoutes,
  tokenRoutes,
  webhookRoutes,
];
