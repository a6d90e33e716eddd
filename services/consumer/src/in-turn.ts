// A sink whose calls wait for each other, whoever makes them: it is promised one call at a time.
import { previewOf } from './dry-sink.ts';
import type { Sink } from './sink.ts';

export function inTurn(sink: Sink): Sink {
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(call: () => Promise<T>): Promise<T> => {
    const own = last.then(call);
    last = own.catch(() => {});
    return own;
  };
  return {
    deliver: (items, info) => next(() => sink.deliver(items, info)),
    preview: (items, info) => next(() => previewOf(sink, items, info)),
    close: () => next(() => sink.close()),
  };
}
