export { enricher } from './service.ts';
export { type Delta, defineStep, type StepContext, type StepDefinition } from './step.ts';
export { steps } from './steps/by-name.ts';
export {
  type Codeowners,
  maxCodeownersBytes,
  type Ownership,
  ownersOf,
  parseCodeowners,
} from './steps/codeowners/owners.ts';
export { type Answer, changeOf, deedsOf, judge } from './steps/policy/judge.ts';
export { maxPolicyBytes, type Policy, parsePolicy, type Rule } from './steps/policy/policy.ts';
