export { type Condition, compileCondition, type Mistake, maxExpressionLength, type Variables } from './condition.ts';
export { findingValue } from './finding-schema.ts';
export { withinTime } from './within-time.ts';
