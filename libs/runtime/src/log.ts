// The log: pino, one JSON object a line, with the ids of the trace it belongs to.
import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Writes to a stream or appends to a file; default stderr. */
export function createLog(level: string, destination?: DestinationStream | string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => {
      const span = trace.getActiveSpan()?.spanContext();
      return span ? { trace: span.traceId, span: span.spanId } : {};
    },
  };
  if (destination === undefined) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(
    options,
    typeof destination === 'string' ? pino.destination({ dest: destination, sync: false }) : destination,
  );
}
