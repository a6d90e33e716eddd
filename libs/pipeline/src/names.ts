// How what a task declares is named in its pipeline. In a file of its own: everything else builds on it.
import { composedParams, givenParams } from './given-params.ts';

/** Workspaces that each task has its own of, whatever others call theirs. */
const ownWorkspaces: readonly string[] = ['config'];

/** Param "flags" of the task gosec: "gosec-flags"; what the executor gives every task keeps its name. */
export function pipelineParamOf(task: string, param: string): string {
  const isCommon = givenParams.includes(param) || composedParams.includes(param);
  return isCommon || param.startsWith(`${task}-`) ? param : `${task}-${param}`;
}

/** Workspaces of one name are one; a task's configuration is its own: "eslint-config". */
export function pipelineWorkspaceOf(task: string, workspace: string): string {
  return ownWorkspaces.includes(workspace) ? `${task}-${workspace}` : workspace;
}
