// A watch's body: one JSON object a line, which the network cuts anywhere, also within a character.
import { explain, Transient } from '@assay/contracts';

/** Most bytes of one object with its frame; etcd takes about 1.5 MB, JSON of it may be some times longer. */
const maxFrameBytes = 16 * 1024 * 1024;

/** Transient "kube.watch" when the connection breaks or what comes is no JSON. Typed by who asks. */
export async function* jsonFrames<T>(body: AsyncIterable<Buffer>): AsyncGenerator<T> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  try {
    for await (const chunk of body) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        const line = Buffer.concat([...held, chunk.subarray(from, end)]).toString();
        held = [];
        heldBytes = 0;
        from = end + 1;
        if (line.trim() !== '') yield JSON.parse(line) as T;
      }
      held.push(chunk.subarray(from));
      heldBytes += chunk.length - from;
      if (heldBytes > maxFrameBytes) throw new Error(`a frame has more than ${maxFrameBytes} bytes`);
    }
  } catch (cause) {
    throw new Transient(`the watch broke: ${explain(cause)}`, { code: 'kube.watch', cause });
  }
}
