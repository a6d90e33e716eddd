// Hands a report to a scanner piece by piece, so that one that comes as one large chunk costs no more memory.

const pieceBytes = 64 * 1024;

export interface PieceScanner<Item> {
  /** Reads on. Throws InvalidInput; items before the mistake can still be taken. */
  push(bytes: Uint8Array): void;
  /** The items found since the last call. */
  take(): Item[];
}

/** Yields what each piece held, if anything; a failure comes behind the items before it. The end is the caller's. */
export async function* scanPieces<Item>(
  source: AsyncIterable<Uint8Array>,
  scanner: PieceScanner<Item>,
): AsyncGenerator<Item[], void> {
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      let failure: unknown;
      try {
        scanner.push(chunk.subarray(start, start + pieceBytes));
      } catch (error) {
        failure = error;
      }
      const items = scanner.take();
      if (items.length > 0) yield items;
      if (failure !== undefined) throw failure;
    }
  }
}
