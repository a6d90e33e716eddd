export { AssayError, explain, Fault, InvalidInput, Transient } from '@assay/contracts';
export { type SharedConfig, sharedConfig } from './config.ts';
export {
  type AnyService,
  type BusUses,
  type Context,
  defineService,
  type Handler,
  type Host,
  on,
  type ScheduleSpec,
  type ServiceDefinition,
  type SubscriptionOptions,
  type SubscriptionSpec,
} from './define-service.ts';
export { type Durable, durablesOf } from './durables.ts';
export { decodeValue, encodeValue, fromJson, fromWire, readData, toStructured, toWire } from './envelope.ts';
export { leaseBucket } from './leases.ts';
export { createLog } from './log.ts';
export { type ObservedDurable, observeDurables, observeGauge } from './observe.ts';
export { everythingWithDurablesOf, inboxPrefixOf, type Permissions, permissionsOf } from './permissions.ts';
export { type Environment, nearest, readConfig, readSharedConfig, serviceNames, variableOf } from './read-config.ts';
export { connectService, runService, setUpBus } from './run-service.ts';
export { type RunTokenClaims, signRunToken, verifyRunToken } from './run-token.ts';
export { type RunningService, type ServiceOptions, setUpDurables, startService } from './start-service.ts';
export {
  contextFrom,
  count,
  failSpan,
  inSpan,
  metricsText,
  startSpan,
  startTelemetry,
  traceparentOf,
} from './telemetry.ts';
