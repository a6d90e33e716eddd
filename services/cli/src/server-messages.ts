// Server-sent events, as the HTML standard's §9.2.6 reads them.
import { InvalidInput } from '@assay/contracts/errors';

export interface ServerMessage {
  /** Last id seen, "" before the first. */
  id: string;
  event: string;
  data: string;
}

/** Largest line and message; a server that sends more is not ours. Characters. */
const maxLength = 4 * 1024 * 1024;

export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerMessage> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data.length) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A "\r" at the end may be the first half of a line end.
    const lines = rest.replace(/\r\n/g, '\n').split(/\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > maxLength)
      throw new InvalidInput('the event stream holds a line that never ends; check ASSAY_URL', {
        code: 'gateway.stream',
      });
    yield* lines;
  }
}
