// CycloneDX as XML, streaming, in the shape of its JSON. Elements of other namespaces are extensions and are passed
// over, but for the vulnerabilities of versions 1.2 and 1.3, which were one. No DTD, so no entities; depth and size of
// what is built are bounded.
import { TextDecoder } from 'node:util';
import { InvalidInput } from '@assay/contracts';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { Report } from '../../adapter.ts';
import type { JsonObject } from '../../json-values.ts';
import { type Element, jsonOf } from './xml-element.ts';

const bomNamespace = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d+\.\d+)$/;
const vulnerabilityNamespace = 'http://cyclonedx.org/schema/ext/vulnerability/1.0';

const maxDepth = 128;
/** Characters of one component or vulnerability, and of one run of text or markup that the parser has to hold. */
const maxItemChars = 8 * 1024 * 1024;
/** What an element costs besides its text. */
const elementChars = 64;
const pieceBytes = 64 * 1024;

/** Large parts of a component that no finding is made of. */
const unread = new Set(['pedigree', 'evidence', 'releaseNotes', 'modelCard', 'data', 'signature', 'cryptoProperties']);

interface Frame {
  readonly name: string;
  /** What it is to us: "part" belongs to the item that is being built. */
  readonly role: 'bom' | 'list' | 'item' | 'part' | 'ignored';
  readonly element: Element | undefined;
  /** What the item that this belongs to holds so far. */
  readonly size: { chars: number };
}

export async function* xmlBom(
  report: Report,
  records: 'components' | 'vulnerabilities',
): AsyncGenerator<JsonObject, JsonObject> {
  const reader = new BomReader(records === 'components' ? 'component' : 'vulnerability');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of report.open()) {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      let failure: unknown;
      try {
        reader.write(decode(decoder, chunk.subarray(start, start + pieceBytes)));
      } catch (error) {
        failure = error;
      }
      yield* reader.take();
      if (failure !== undefined) throw failure;
    }
  }
  reader.end();
  yield* reader.take();
  return { bomFormat: 'CycloneDX', specVersion: reader.version, metadata: reader.metadata };
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new InvalidInput('The report is XML, but not in UTF-8; save it as UTF-8.', { code: 'report.not-xml', cause });
  }
}

class BomReader {
  version = '';
  metadata: JsonObject = {};
  readonly #wanted: string;
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #frames: Frame[] = [];
  #namespace = '';
  #items: JsonObject[] = [];
  /** Characters since the parser last told of something: it holds them. */
  #heldChars = 0;
  #isEnding = false;

  /** `wanted` is the name of the elements that are yielded. */
  constructor(wanted: string) {
    this.#wanted = wanted;
    this.#parser.on('error', () => {
      throw this.#broken();
    });
    this.#parser.on('doctype', () => {
      throw new InvalidInput('The report has a document type (DTD), which no CycloneDX needs; remove it.', {
        code: 'report.dtd',
      });
    });
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('closetag', () => this.#close());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
  }

  write(text: string): void {
    this.#heldChars += text.length;
    this.#parser.write(text);
    if (this.#heldChars > maxItemChars) throw tooLarge();
  }

  /** Throws where the document is not at its end. */
  end(): void {
    this.#isEnding = true;
    this.#parser.close();
  }

  take(): JsonObject[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #open(tag: SaxesTagNS): void {
    this.#heldChars = 0;
    if (this.#frames.length >= maxDepth)
      throw new InvalidInput(`The report nests deeper than ${maxDepth} levels; no known tool writes that.`, {
        code: 'report.too-deep',
      });
    const role = this.#roleOf(tag);
    const size = role === 'part' ? (this.#frames.at(-1)?.size ?? { chars: 0 }) : { chars: 0 };
    const frame: Frame = { name: tag.local, role, size, element: undefined };
    if (role !== 'item' && role !== 'part') {
      this.#frames.push(frame);
      return;
    }
    const attributes = attributesOf(tag);
    grow(size, elementChars + Object.values(attributes).join('').length);
    this.#frames.push({ ...frame, element: { name: tag.local, attributes, text: '', children: [] } });
  }

  #roleOf(tag: SaxesTagNS): Frame['role'] {
    const parent = this.#frames.at(-1);
    const { local, uri } = tag;
    if (!parent) {
      const version = bomNamespace.exec(uri)?.[1];
      if (local !== 'bom' || version === undefined)
        throw new InvalidInput('The report is XML, but not a CycloneDX <bom> of version 1.2 to 1.7.', {
          code: 'report.not-cyclonedx',
        });
      this.#namespace = uri;
      this.version = version;
      return 'bom';
    }
    if (uri !== this.#namespace && uri !== vulnerabilityNamespace) return 'ignored';
    switch (parent.role) {
      case 'bom':
        if (local === 'metadata') return 'item';
        return local === 'components' || local === 'vulnerabilities' ? 'list' : 'ignored';
      case 'list':
        return local === (parent.name === 'components' ? 'component' : 'vulnerability') ? 'item' : 'ignored';
      case 'item':
        // What is nested in a component stands for itself.
        if (parent.name === 'component' && (local === 'components' || local === 'vulnerabilities')) return 'list';
        return unread.has(local) ? 'ignored' : 'part';
      case 'part':
        return 'part';
      default:
        return 'ignored';
    }
  }

  #close(): void {
    this.#heldChars = 0;
    const frame = this.#frames.pop();
    if (!frame?.element) return;
    if (frame.role === 'part') {
      this.#frames.at(-1)?.element?.children.push(frame.element);
      return;
    }
    if (frame.name !== this.#wanted && frame.name !== 'metadata') return;
    const value = jsonOf(frame.element) as JsonObject;
    if (frame.name === 'metadata') this.metadata = value;
    else this.#items.push(value);
  }

  #text(text: string): void {
    this.#heldChars = 0;
    const frame = this.#frames.at(-1);
    if (!frame?.element) return;
    grow(frame.size, text.length);
    frame.element.text += text;
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

function attributesOf(tag: SaxesTagNS): Record<string, string> {
  const attributes = Object.values(tag.attributes).filter(({ prefix }) => prefix === '');
  return Object.fromEntries(attributes.map(({ local, value }) => [local, value]));
}

function grow(size: Frame['size'], chars: number): void {
  size.chars += chars;
  if (size.chars > maxItemChars) throw tooLarge();
}

function tooLarge(): InvalidInput {
  return new InvalidInput(
    `A part of the report is larger than ${maxItemChars} characters; leave embedded content out.`,
    { code: 'report.too-large' },
  );
}
