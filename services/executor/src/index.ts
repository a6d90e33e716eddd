export { defaultCli, defaultComponents, defaultPipelines, loadComponents } from './load-components.ts';
export { executor } from './service.ts';
export { type ToolPlaces, toolPlaces } from './tools/find-tool.ts';
export { sourceOf } from './tools/install-spec.ts';
export { type InstallOptions, installTool } from './tools/install-tool.ts';
export { installTools, type ToolInstall } from './tools/install-tools.ts';
export { listTools, type ToolState } from './tools/list-tools.ts';
export { toolOf } from './tools/tool-spec.ts';
