export { appliesTo } from './applies-to.ts';
export { type Component, describe, fits, loadComponent, loadComponents, parseComponent } from './component.ts';
export { type LocalPlan, type LocalPlanOptions, type LocalStep, planLocally } from './local-plan.ts';
export { checkParams, givenParams, loadPipeline, type Pipeline } from './pipeline.ts';
export { type Reference, references, substitute, substituteAll, type Variables } from './substitute.ts';
export { type ParamValue, type Stage, stageLabel, stages, type TaskParam, type TaskStep } from './task-schema.ts';
