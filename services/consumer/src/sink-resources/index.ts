export { followSinkResources, type SinkResources, type SinkResourcesOptions } from './follow-sink-resources.ts';
