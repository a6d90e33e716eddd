// The log: pino, one JSON object a line, with the ids of the trace it belongs to.
import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';

// JSON has C0 escaped already. Who reads a log in a terminal must not have the rest act on it.
const unsafe = /[\x7f-\x9f\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** The same JSON, in which no character acts on a terminal or reorders a line. */
function withoutControls(line: string): string {
  return line.replace(unsafe, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Writes to a stream or appends to a file; default stderr. */
export function createLog(level: string, destination?: DestinationStream | string): Logger {
  const options = {
    level,
    base: null,
    hooks: { streamWrite: withoutControls },
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
