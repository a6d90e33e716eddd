// Streaming protobuf: hands out chosen members of a message, one by one, so that a file of any length costs what its
// largest member costs. A member that is a message itself can be walked into instead.
import { InvalidInput } from '@assay/contracts';

/** What becomes of a length-delimited member: read whole, walked into, or passed over. */
export type WireFate = 'take' | 'enter' | 'skip';

export interface WireField {
  /** Member numbers, outermost first: [1, 2]. */
  readonly path: readonly number[];
  readonly bytes: Uint8Array;
}

export interface WireOptions {
  /** Longest member that is taken. Bytes, default 64 MiB. */
  maxFieldBytes?: number;
}

const maxDepth = 16;
const maxVarintBytes = 10;

/**
 * Yields the members that `fateOf` says "take" of, in order, some at a time; members of other wire types are passed
 * over. Everything before a mistake is yielded first. Throws InvalidInput: "report.empty", "report.truncated" (ends in
 * a member; says at which byte), "report.not-protobuf", "report.too-large", "report.too-deep".
 */
export async function* wireFields(
  source: AsyncIterable<Uint8Array>,
  fateOf: (path: readonly number[]) => WireFate,
  { maxFieldBytes = 64 * 1024 * 1024 }: WireOptions = {},
): AsyncGenerator<WireField[], void> {
  const scanner = new WireScanner(fateOf, maxFieldBytes);
  for await (const chunk of source) {
    let failure: unknown;
    try {
      scanner.push(chunk);
    } catch (error) {
      failure = error;
    }
    const fields = scanner.take();
    if (fields.length > 0) yield fields;
    if (failure !== undefined) throw failure;
  }
  scanner.end();
}

class WireScanner {
  readonly #fateOf: (path: readonly number[]) => WireFate;
  readonly #maxFieldBytes: number;
  /** Messages that were walked into: where they end. */
  readonly #open: { readonly number: number; readonly end: number }[] = [];
  #position = 0;
  #state: 'tag' | 'value' | 'length' | 'skip' | 'take' = 'tag';
  #varint = 0;
  #varintBytes = 0;
  #number = 0;
  /** Bytes of the member that are still to come. */
  #left = 0;
  #parts: Uint8Array[] = [];
  #fields: WireField[] = [];

  constructor(fateOf: (path: readonly number[]) => WireFate, maxFieldBytes: number) {
    this.#fateOf = fateOf;
    this.#maxFieldBytes = maxFieldBytes;
  }

  push(chunk: Uint8Array): void {
    let i = 0;
    while (i < chunk.length) {
      if (this.#state === 'skip' || this.#state === 'take') {
        const count = Math.min(this.#left, chunk.length - i);
        // Copied: a source may use its chunk again.
        if (this.#state === 'take') this.#parts.push(Buffer.from(chunk.subarray(i, i + count)));
        i += count;
        this.#position += count;
        this.#left -= count;
        if (this.#left === 0) this.#endField();
      } else {
        const byte = chunk[i++] ?? 0;
        this.#position++;
        this.#readVarint(byte);
      }
    }
  }

  take(): WireField[] {
    const fields = this.#fields;
    this.#fields = [];
    return fields;
  }

  end(): void {
    if (this.#position === 0) {
      throw new InvalidInput('The report is empty; Dracon writes the name of the tool, whatever it found.', {
        code: 'report.empty',
      });
    }
    if (this.#state === 'tag' && this.#varintBytes === 0 && this.#open.length === 0) return;
    throw new InvalidInput(
      `The report ends at byte ${this.#position} in the middle of a message; it was cut off, so submit it whole.`,
      { code: 'report.truncated' },
    );
  }

  #readVarint(byte: number): void {
    this.#varint += (byte & 0x7f) * 2 ** (7 * this.#varintBytes);
    this.#varintBytes++;
    if (byte >= 0x80) {
      if (this.#varintBytes >= maxVarintBytes) throw this.#broken();
      return;
    }
    const value = this.#varint;
    this.#varint = 0;
    this.#varintBytes = 0;
    if (this.#state === 'tag') this.#beginField(value);
    else if (this.#state === 'length') this.#beginBytes(value);
    else this.#endField();
  }

  #beginField(tag: number): void {
    this.#number = Math.floor(tag / 8);
    if (tag > 0xffff_ffff || this.#number === 0) throw this.#broken();
    switch (tag % 8) {
      case 0:
        this.#state = 'value';
        return;
      case 1:
        this.#pass(8);
        return;
      case 2:
        this.#state = 'length';
        return;
      case 5:
        this.#pass(4);
        return;
      default:
        throw this.#broken();
    }
  }

  #beginBytes(length: number): void {
    const around = this.#open.at(-1);
    if (around && this.#position + length > around.end) throw this.#broken();
    const path = this.#path();
    const fate = this.#fateOf(path);
    if (fate === 'enter') {
      if (this.#open.length >= maxDepth)
        throw new InvalidInput(`The report nests deeper than ${maxDepth} messages; Dracon writes none that do.`, {
          code: 'report.too-deep',
        });
      this.#open.push({ number: this.#number, end: this.#position + length });
      this.#state = 'tag';
      this.#closeEnded();
      return;
    }
    if (fate === 'skip') {
      this.#pass(length);
      return;
    }
    if (length > this.#maxFieldBytes)
      throw new InvalidInput(
        `A record at byte ${this.#position} is larger than ${this.#maxFieldBytes} bytes; leave embedded content out.`,
        { code: 'report.too-large' },
      );
    this.#state = 'take';
    this.#left = length;
    if (length === 0) this.#endField();
  }

  #pass(length: number): void {
    this.#state = 'skip';
    this.#left = length;
    if (length === 0) this.#endField();
  }

  #endField(): void {
    if (this.#state === 'take') {
      this.#fields.push({ path: this.#path(), bytes: Buffer.concat(this.#parts) });
      this.#parts = [];
    }
    this.#state = 'tag';
    this.#closeEnded();
  }

  #closeEnded(): void {
    for (let around = this.#open.at(-1); around && this.#position >= around.end; around = this.#open.at(-1)) {
      if (this.#position > around.end) throw this.#broken();
      this.#open.pop();
    }
  }

  #path(): number[] {
    return [...this.#open.map(({ number }) => number), this.#number];
  }

  #broken(): InvalidInput {
    return new InvalidInput(
      `The report is not a protobuf message: byte ${this.#position} is not what may stand there; is this the file that Dracon wrote?`,
      { code: 'report.not-protobuf' },
    );
  }
}
