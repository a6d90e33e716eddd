// A sink that does everything but deliver: what it would have delivered goes to the log.
import type { DeliveryInfo, Log, Sink, SinkItem } from './sink.ts';

/** Most characters of a preview in the log. */
const maxLogged = 4096;

/** `redact` takes secrets out of a text. */
export function drySink(sink: Sink, log: Log, redact: (text: string) => string): Sink {
  return {
    deliver: async (items, info) => {
      const preview = redact(await previewOf(sink, items, info));
      log.info({ items: items.length, preview: preview.slice(0, maxLogged) }, 'dry run: this is not delivered');
    },
    close: () => sink.close(),
  };
}

/** What the sink would write for these items; throws as its `deliver`. */
export async function previewOf(sink: Sink, items: readonly SinkItem[], info: DeliveryInfo): Promise<string> {
  if (sink.preview) return sink.preview(items, info);
  return items.map(({ finding, data }) => JSON.stringify(finding ?? data)).join('\n');
}
