export { type Condition, compileCondition, type Mistake, maxExpressionLength, type Variables } from './condition.ts';
export { withIntegers } from './finding-schema.ts';
export { withinTime } from './within-time.ts';
