export { consumer } from './service.ts';
export { defineSink, type Sink, type SinkContext, type SinkItem, type SinkType } from './sink.ts';
export { sinkTypeOf, sinkTypes } from './sinks/by-name.ts';
export type { Supervisor } from './supervise-sinks.ts';
