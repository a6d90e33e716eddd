import { describe, expect, it } from '@jest/globals';
import { readMessages, type ServerMessage } from './server-messages.ts';

async function read(...chunks: (string | Uint8Array)[]): Promise<ServerMessage[]> {
  async function* bytes(): AsyncIterable<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const messages: ServerMessage[] = [];
  for await (const message of readMessages(bytes())) messages.push(message);
  return messages;
}

const message = (data: string, more: Partial<ServerMessage> = {}): ServerMessage => ({
  id: '',
  event: 'message',
  data,
  ...more,
});

describe('readMessages', () => {
  it.each<[string, (string | Uint8Array)[], ServerMessage[]]>([
    ['one message', ['data: a\n\n'], [message('a')]],
    ['several lines of data', ['data: a\ndata:b\n\n'], [message('a\nb')]],
    ['CRLF and CR as line ends', ['data: a\r\n\r\ndata: b\r\rdata: c\n\n'], [message('a'), message('b'), message('c')]],
    ['a line end between chunks', ['data: a\r', '\n\r\ndata: b\n\n'], [message('a'), message('b')]],
    [
      'ids that stay, events that do not',
      ['id: 7\nevent: x\ndata: a\n\ndata: b\n\n'],
      [message('a', { id: '7', event: 'x' }), message('b', { id: '7' })],
    ],
    ['comments and unknown fields', [': still here\n\nretry: 1\ndata: a\n\n'], [message('a')]],
    [
      'a character between chunks',
      [Buffer.from('data: é\n\n').subarray(0, 7), Buffer.from('data: é\n\n').subarray(7)],
      [message('é')],
    ],
    ['nothing of a message that was cut off', ['data: a\n'], []],
  ])('reads %s', async (_, chunks, expected) => {
    expect(await read(...chunks)).toEqual(expected);
  });

  it('does not keep a line that never ends', async () => {
    await expect(read('x'.repeat(3_000_000), 'x'.repeat(3_000_000))).rejects.toThrow('never ends');
  });
});
