export { appliesTo } from './applies-to.ts';
export { type Component, describe, fits, loadComponent, loadComponents, parseComponent } from './component.ts';
export {
  applicationOf,
  type ComposeOptions,
  composePipeline,
  isLast,
  type PipelineParam,
  type PipelineTask,
  type PipelineWorkspace,
  type TektonPipeline,
  taskText,
  type WhenExpression,
} from './compose.ts';
export { composedObjects } from './composed-objects.ts';
export { configFilesOf } from './config-files.ts';
export type { HelmContext } from './dracon/helm-text.ts';
export { type FindOptions, findComponents } from './find-components.ts';
export { givenParams } from './given-params.ts';
export { type ImageChoice, imageAt } from './images.ts';
export { emptyPipeline, kustomizationOf } from './kustomize-component.ts';
export { type LocalPlan, type LocalPlanOptions, type LocalStep, planLocally } from './local-plan.ts';
export { pipelineParamOf, pipelineWorkspaceOf } from './names.ts';
export { checkParams, loadPipeline, type Pipeline } from './pipeline.ts';
export type { BasePipeline, NamedObject } from './read-pipeline.ts';
export { type Reference, references, substitute, substituteAll, type Variables } from './substitute.ts';
export {
  type ParamValue,
  paramValueSchema,
  type Stage,
  stageLabel,
  stages,
  type TaskParam,
  type TaskStep,
} from './task-schema.ts';
export { writeKustomizations } from './write-kustomizations.ts';
