export { type ConnectOptions, connectKube } from './connect.ts';
export type {
  ApplyOptions,
  KindRef,
  Kube,
  KubeObject,
  LogOptions,
  Metadata,
  ObjectRef,
  OwnerReference,
  Selection,
  WatchEvent,
} from './kube.ts';
