export { enricher } from './service.ts';
export { type Delta, defineStep, type StepContext, type StepDefinition } from './step.ts';
export {
  type Codeowners,
  maxCodeownersBytes,
  type Ownership,
  ownersOf,
  parseCodeowners,
} from './steps/codeowners/owners.ts';
export { steps } from './steps/index.ts';
