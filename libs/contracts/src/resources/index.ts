export { type ArtifactSpec, type ArtifactStatus, artifactSpec, artifactStatus } from './artifact.ts';
export { crdOf, resourceDefinitions } from './crd.ts';
export { type Condition, resourceApiVersion, resourceGroup, resourceVersion, setCondition } from './resource.ts';
export {
  maxScanName,
  type ScanPhase,
  type ScanSpec,
  type ScanStatus,
  scanPhases,
  scanSpec,
  scanStatus,
} from './scan.ts';
export {
  type SinkResourceSpec,
  type SinkResourceStatus,
  sinkOfResource,
  sinkResourceSpec,
  sinkResourceStatus,
} from './sink.ts';
