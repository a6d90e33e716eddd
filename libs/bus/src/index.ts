export type {
  Bucket,
  BucketOptions,
  Bus,
  ConsumerSpec,
  ConsumerState,
  Delivery,
  ObjectBucket,
  PublishResult,
  StoredMessage,
  SubscribeOptions,
  Subscription,
  WireMessage,
} from './bus.ts';
