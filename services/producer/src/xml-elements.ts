// Streaming XML with flat memory: the elements that a report's records are, one by one, with what belongs to them. No
// DTD, so no entities but the five of XML; depth and size of what is built are bounded, whatever the document's length.
import { TextDecoder } from 'node:util';
import { InvalidInput } from '@assay/contracts';
import { SaxesParser, type SaxesTagNS } from 'saxes';

export interface XmlTag {
  /** Without a prefix. */
  readonly name: string;
  /** "" without one. */
  readonly namespace: string;
  /** Those without a prefix. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface XmlElement extends XmlTag {
  /** Its own, not its children's. */
  text: string;
  readonly children: XmlElement[];
}

/**
 * What becomes of an element. "enter": its children are looked at. "item": it is yielded, and so are its children
 * looked at. "part": it belongs to the item around it. "skip": it is passed over with all that is in it.
 */
export type XmlFate = 'enter' | 'item' | 'part' | 'skip';

/** Says it for each element that is not inside a skipped one. Throws for a root that is not the expected one. */
export type FateOf = (tag: XmlTag, parent: { readonly tag: XmlTag; readonly fate: XmlFate } | undefined) => XmlFate;

export interface XmlOptions {
  /** Longest item, and longest run of text or markup, which has to be held. Characters, default 8 Mi. */
  maxItemChars?: number;
}

const maxDepth = 128;
/** What an element costs besides its text. */
const elementChars = 64;
const pieceBytes = 64 * 1024;

/**
 * Yields the items in the order they end, some at a time; an item inside another one is no part of it and comes first.
 *
 * Everything before a mistake is yielded first. Throws InvalidInput: "report.empty" (nothing but white space),
 * "report.truncated" (ends too early; says in which line), "report.not-xml" (not well-formed, an entity nobody
 * defined, not UTF-8), "report.dtd", "report.too-deep", "report.too-large", and what `fateOf` throws.
 */
export async function* xmlElements(
  source: AsyncIterable<Uint8Array>,
  fateOf: FateOf,
  options: XmlOptions = {},
): AsyncGenerator<XmlElement[], void> {
  const reader = new ElementReader(fateOf, options.maxItemChars ?? 8 * 1024 * 1024);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      let failure: unknown;
      try {
        reader.write(decode(decoder, chunk.subarray(start, start + pieceBytes)));
      } catch (error) {
        failure = error;
      }
      const items = reader.take();
      if (items.length > 0) yield items;
      if (failure !== undefined) throw failure;
    }
  }
  reader.end();
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new InvalidInput('The report is XML, but not in UTF-8; save it as UTF-8.', { code: 'report.not-xml', cause });
  }
}

interface Frame {
  readonly tag: XmlTag;
  readonly fate: XmlFate;
  /** Of items and parts. */
  readonly element: XmlElement | undefined;
  /** What the item that this belongs to holds so far. */
  readonly size: { chars: number };
}

class ElementReader {
  readonly #fateOf: FateOf;
  readonly #maxItemChars: number;
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #frames: Frame[] = [];
  #items: XmlElement[] = [];
  /** Characters since the parser last told of something: it holds them. */
  #heldChars = 0;
  #isEmpty = true;
  #isEnding = false;

  constructor(fateOf: FateOf, maxItemChars: number) {
    this.#fateOf = fateOf;
    this.#maxItemChars = maxItemChars;
    this.#parser.on('error', () => {
      throw this.#broken();
    });
    this.#parser.on('doctype', () => {
      throw new InvalidInput('The report has a document type (DTD), which no known tool writes; remove it.', {
        code: 'report.dtd',
      });
    });
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('closetag', () => this.#close());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
  }

  write(text: string): void {
    if (this.#isEmpty) this.#isEmpty = text.trim() === '';
    this.#heldChars += text.length;
    this.#parser.write(text);
    if (this.#heldChars > this.#maxItemChars) throw this.#tooLarge();
  }

  /** Throws where the document is not at its end. */
  end(): void {
    if (this.#isEmpty)
      throw new InvalidInput(
        'The report is empty; a tool that found nothing writes a document without findings, not an empty file.',
        { code: 'report.empty' },
      );
    this.#isEnding = true;
    this.#parser.close();
  }

  take(): XmlElement[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #open({ local, uri, attributes }: SaxesTagNS): void {
    this.#heldChars = 0;
    if (this.#frames.length >= maxDepth)
      throw new InvalidInput(`The report nests deeper than ${maxDepth} levels; no known tool writes that.`, {
        code: 'report.too-deep',
      });
    const parent = this.#frames.at(-1);
    const own = Object.values(attributes).filter(({ prefix }) => prefix === '');
    const tag = {
      name: local,
      namespace: uri,
      attributes: Object.fromEntries(own.map((attribute) => [attribute.local, attribute.value])),
    };
    const fate = parent?.fate === 'skip' ? 'skip' : this.#fateOf(tag, parent);
    if (fate === 'enter' || fate === 'skip') {
      this.#frames.push({ tag, fate, size: { chars: 0 }, element: undefined });
      return;
    }
    const size = (fate === 'part' && parent?.size) || { chars: 0 };
    let chars = elementChars;
    for (const { value } of own) chars += value.length;
    this.#grow(size, chars);
    this.#frames.push({ tag, fate, size, element: { ...tag, text: '', children: [] } });
  }

  #close(): void {
    this.#heldChars = 0;
    const frame = this.#frames.pop();
    if (!frame?.element) return;
    if (frame.fate === 'part') this.#frames.at(-1)?.element?.children.push(frame.element);
    else this.#items.push(frame.element);
  }

  #text(text: string): void {
    this.#heldChars = 0;
    const frame = this.#frames.at(-1);
    if (!frame?.element) return;
    this.#grow(frame.size, text.length);
    frame.element.text += text;
  }

  #grow(size: Frame['size'], chars: number): void {
    size.chars += chars;
    if (size.chars > this.#maxItemChars) throw this.#tooLarge();
  }

  #tooLarge(): InvalidInput {
    return new InvalidInput(
      `A part of the report is larger than ${this.#maxItemChars} characters; leave embedded content out.`,
      { code: 'report.too-large' },
    );
  }

  // The parser's own words quote the report, which may hold anything; they go no further.
  #broken(): InvalidInput {
    const line = `line ${this.#parser.line}`;
    return this.#isEnding
      ? new InvalidInput(`The report ends at ${line} in the middle of its XML; it was cut off, so submit it whole.`, {
          code: 'report.truncated',
        })
      : new InvalidInput(`The report is not well-formed XML at ${line}; is this the tool’s own output?`, {
          code: 'report.not-xml',
        });
  }
}
