export { AssayError, explain, Fault, InvalidInput, Transient } from '@assay/contracts';
export { type SharedConfig, sharedConfig } from './config.ts';
export {
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
export { type RunTokenClaims, signRunToken, verifyRunToken } from './run-token.ts';
