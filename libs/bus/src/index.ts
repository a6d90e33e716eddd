export type {
  Bucket,
  BucketOptions,
  Bus,
  ConsumerSpec,
  ConsumerState,
  Delivery,
  ObjectBucket,
  Pressure,
  PublishResult,
  StoredMessage,
  SubscribeOptions,
  Subscription,
  WireMessage,
} from './bus.ts';
export { type ConnectOptions, compareVersions, connectBus, oldestServer } from './connect.ts';
export { createSeed, publicKeyOf } from './credentials.ts';
export {
  type DeadLetterEntry,
  deadLetter,
  deadLetters,
  deadStream,
  deadSubject,
  dropDeadLetter,
  redriveDeadLetter,
} from './dead-letters.ts';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './start-server.ts';
export { defaultBudgetBytes, nouns, streamOf, streamOfSubject } from './streams.ts';
export { type BusUser, usersConfig } from './users-config.ts';
