export { type Scope, scopes } from './auth.ts';
export { type GatewayResources, gateway } from './service.ts';
