// Records as JSON, written straight from the bytes of findings: what JSON.stringify(recordAt(…)) gives, which a spec
// compares, without an object and its strings for each: a fifth of the time, and next to no garbage. A finding's fields
// are numbered in the order of a record's members, and encoders write them in that order, so one pass will do. What is
// rare, in another order or no finding at all takes the way over the object.
import { isUtf8 } from 'node:buffer';
import { type Batch, identityBytes } from './batch.ts';
import { confidenceNames, kindNames, severityNames } from './names.ts';
import { membersAfter, membersBefore, recordAt } from './record.ts';

/** A byte takes at most this many in JSON: \u0000 of a text, "127," of a list of numbers. */
const maxGrowth = 6;
/** More than the names of all members, and the words of enums, together. Bytes. */
const maxNames = 1024;
/** A buffer that has grown beyond this is not kept. Bytes. */
const maxKept = 4 * 1024 * 1024;

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const backslash = 0x5c;
const closeBracket = 0x5d;
const closeBrace = 0x7d;

const nameOf = (member: string) => Buffer.from(`,"${member}":`);
const listOf = (member: string) => Buffer.from(`,"${member}":[`);

/** Members whose value is one of a few words, by its number: `,"severity":"high"`. */
function wordsOf(member: string, of: (value: number) => string): (value: number) => Buffer {
  const known: Buffer[] = [];
  return (value) => (known[value] ??= Buffer.from(`,"${member}":"${of(value)}"`));
}

const begin = Buffer.from('{"id":"');
const severityOf = wordsOf('severity', severityNames.of);
const confidenceOf = wordsOf('confidence', confidenceNames.of);
const kindOf = wordsOf('kind', kindNames.of);
const cvssBegin = Buffer.from(',"cvss":{');
const cwesBegin = listOf('cwes');

// Numbers of fields in proto/assay/v1/finding.proto.
const severityId = 4;
const confidenceId = 5;
const kindId = 6;
const cvssId = 7;
const cwesId = 9;
const locationId = 10;
/** By number. */
const texts = [undefined, nameOf('rule'), nameOf('title'), nameOf('description')];
texts[11] = nameOf('purl');
texts[12] = nameOf('digest');
const lists: (Buffer | undefined)[] = [];
lists[8] = listOf('cves');
lists[13] = listOf('references');
/** Fields of Location: texts at both ends, numbers between. */
const places = ['path', 'startLine', 'endLine', 'startColumn', 'endColumn', 'snippet'].map(nameOf);

/** Enums have fewer words. */
const maxWord = 255;

// Wire types: https://protobuf.dev/programming-guides/encoding/#structure
const isText = 2;
const isNumber = 0;
const isDouble = 1;

const hexDigits = Buffer.from('0123456789abcdef');
/** What stands behind the backslash of a byte in a JSON string; 0: it stands there as it is. */
const escapes = new Uint8Array(256);
escapes.fill('u'.charCodeAt(0), 0, 0x20);
for (const [byte, letter] of Object.entries({ '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"' }))
  escapes[byte.charCodeAt(0)] = letter.charCodeAt(0);
escapes[backslash] = backslash;

export class RecordWriter {
  #out: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
  #length = 0;
  #batch: Batch | undefined;
  /** The members before the finding's own, which all of a batch share. */
  #before: Buffer = begin;
  /** Those behind them; undefined: they differ by position. */
  #after: Buffer | undefined;
  /** The finding that is read, and how far. */
  #finding: Uint8Array = begin;
  #at = 0;

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** What was written; valid until something is written again. */
  take(): Uint8Array {
    const taken = this.#out.subarray(0, this.#length);
    this.#length = 0;
    if (this.#out.length > maxKept) this.#out = Buffer.allocUnsafeSlow(maxKept);
    return taken;
  }

  /** Appends a text as it is. */
  text(text: string): void {
    this.#room(3 * text.length);
    this.#length += this.#out.write(text, this.#length);
  }

  /** Appends the record of a finding. Throws an Error, and appends nothing, when the finding's bytes are none. */
  record(batch: Batch, position: number): void {
    if (batch !== this.#batch) this.#begin(batch);
    const start = this.#length;
    const after = this.#after ?? closed(membersAfter(batch, position));
    this.#finding = batch.findings[position] as Uint8Array;
    this.#at = 0;
    this.#room(maxGrowth * this.#finding.length + this.#before.length + after.length + maxNames);
    if (this.#identity(batch, position) && this.#members(batch.severities[position])) {
      this.#raw(after);
      return;
    }
    this.#length = start;
    this.text(JSON.stringify(recordAt(batch, position)));
  }

  #begin(batch: Batch): void {
    this.#batch = batch;
    const before = JSON.stringify(membersBefore(batch)).slice(1, -1);
    this.#before = Buffer.from(before === '' ? '"' : `",${before}`);
    const isSame = batch.enrichments.every(({ positions }) => positions.length === 0);
    this.#after = isSame ? closed(membersAfter(batch, 0)) : undefined;
  }

  #identity({ identities }: Batch, position: number): boolean {
    const start = position * identityBytes;
    if (start + identityBytes > identities.length) return false;
    this.#raw(begin);
    for (let at = start; at < start + identityBytes; at++) {
      const byte = identities[at] ?? 0;
      this.#out[this.#length++] = hexDigits[byte >>> 4] ?? 0;
      this.#out[this.#length++] = hexDigits[byte & 15] ?? 0;
    }
    this.#raw(this.#before);
    return true;
  }

  // False when it is to be read the other way.
  #members(severity: number | undefined): boolean {
    if (severity === undefined) return false;
    const end = this.#finding.length;
    let last = 0;
    while (this.#at < end) {
      const tag = this.#number();
      const id = tag >>> 3;
      const list = lists[id];
      if (id < last || (id === last && !list)) return false;
      if (lists[last] && id !== last) this.#out[this.#length++] = closeBracket;
      if (last < severityId && id >= severityId) this.#raw(severityOf(severity));
      if (!this.#member(id, tag & 7, id === last)) return false;
      last = id;
    }
    if (lists[last]) this.#out[this.#length++] = closeBracket;
    if (last < severityId) this.#raw(severityOf(severity));
    return this.#at === end;
  }

  #member(id: number, wireType: number, isFurther: boolean): boolean {
    if (wireType === isNumber) return this.#word(id, this.#number());
    if (wireType !== isText) return false;
    const length = this.#number();
    const end = this.#at + length;
    if (length < 0 || end > this.#finding.length) return false;
    const text = texts[id];
    if (text) return this.#text(text, end);
    const list = lists[id];
    if (list) {
      if (isFurther) this.#out[this.#length++] = comma;
      else this.#raw(list);
      return this.#quoted(end);
    }
    if (id === locationId) return this.#location(end);
    if (id === cwesId) return this.#cwes(end);
    return id === cvssId && this.#cvss(end);
  }

  #word(id: number, value: number): boolean {
    if (value < 0 || value > maxWord) return false;
    // The batch has a severity for each finding.
    if (id === severityId) return true;
    if (id !== confidenceId && id !== kindId) return false;
    // What is zero need not be written, and is not known.
    if (value > 0) this.#raw(id === kindId ? kindOf(value) : confidenceOf(value));
    return true;
  }

  #location(end: number): boolean {
    let last = 0;
    while (this.#at < end) {
      const tag = this.#number();
      const id = tag >>> 3;
      const name = places[id - 1];
      if (!name || id <= last) return false;
      last = id;
      const isNumeric = id > 1 && id < places.length;
      if ((tag & 7) !== (isNumeric ? isNumber : isText)) return false;
      const value = this.#number();
      if (value < 0) return false;
      if (!isNumeric) {
        if (this.#at + value > end || !this.#text(name, this.#at + value)) return false;
      } else if (value > 0) {
        this.#raw(name);
        this.#digits(value);
      }
    }
    return this.#at === end;
  }

  #cwes(end: number): boolean {
    if (this.#at === end) return true;
    this.#raw(cwesBegin);
    for (let isFirst = true; this.#at < end; isFirst = false) {
      const value = this.#number();
      if (value < 0) return false;
      if (!isFirst) this.#out[this.#length++] = comma;
      this.#digits(value);
    }
    this.#out[this.#length++] = closeBracket;
    return this.#at === end;
  }

  #cvss(end: number): boolean {
    const { buffer, byteOffset } = this.#finding;
    let score = 0;
    if (end - this.#at >= 9 && this.#finding[this.#at] === ((1 << 3) | isDouble)) {
      score = new DataView(buffer, byteOffset + this.#at + 1, 8).getFloat64(0, true);
      this.#at += 9;
    }
    if (!Number.isFinite(score)) return false;
    let vectorEnd = end;
    if (this.#at < end) {
      if (this.#number() !== ((2 << 3) | isText)) return false;
      const length = this.#number();
      vectorEnd = this.#at + length;
      if (length < 0 || vectorEnd !== end) return false;
    }
    const hasVector = this.#at < vectorEnd;
    if (score === 0 && !hasVector) return true;
    this.#raw(cvssBegin);
    if (score !== 0) this.text(`"score":${score}${hasVector ? ',' : ''}`);
    if (hasVector) this.text('"vector":');
    if (hasVector && !this.#quoted(vectorEnd)) return false;
    this.#out[this.#length++] = closeBrace;
    return true;
  }

  #text(name: Buffer, end: number): boolean {
    if (this.#at === end) return true;
    this.#raw(name);
    return this.#quoted(end);
  }

  // The bytes up to there as a JSON string. False when they are no UTF-8.
  #quoted(end: number): boolean {
    const finding = this.#finding;
    const out = this.#out;
    const start = this.#at;
    let length = this.#length;
    let all = 0;
    out[length++] = quote;
    for (let at = start; at < end; at++) {
      const byte = finding[at] ?? 0;
      all |= byte;
      const letter = escapes[byte] ?? 0;
      if (letter === 0) {
        out[length++] = byte;
        continue;
      }
      out[length++] = backslash;
      out[length++] = letter;
      if (byte >= 0x20 || letter !== 0x75) continue;
      out[length++] = zero;
      out[length++] = zero;
      out[length++] = hexDigits[byte >>> 4] ?? 0;
      out[length++] = hexDigits[byte & 15] ?? 0;
    }
    out[length++] = quote;
    this.#length = length;
    this.#at = end;
    return all < 0x80 || isUtf8(finding.subarray(start, end));
  }

  #digits(value: number): void {
    if (value >= 10) this.#digits(Math.floor(value / 10));
    this.#out[this.#length++] = zero + (value % 10);
  }

  // A varint of 32 bits; -1 when it is longer or cut off.
  #number(): number {
    const finding = this.#finding;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = finding[this.#at++];
      if (byte === undefined) return -1;
      value |= (byte & 127) << shift;
      if (byte < 128) return shift === 28 && byte > 15 ? -1 : value >>> 0;
    }
    return -1;
  }

  #raw(bytes: Uint8Array): void {
    // Shorter ones byte by byte: a call of `set` costs as much as forty of them.
    if (bytes.length > 40) this.#out.set(bytes, this.#length);
    else for (let at = 0; at < bytes.length; at++) this.#out[this.#length + at] = bytes[at] ?? 0;
    this.#length += bytes.length;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#out.length) return;
    const out = Buffer.allocUnsafeSlow(Math.max(this.#length + more, 2 * this.#out.length));
    this.#out.copy(out, 0, 0, this.#length);
    this.#out = out;
  }
}

function closed(members: object): Buffer {
  const text = JSON.stringify(members).slice(1);
  return Buffer.from(text === '}' ? text : `,${text}`);
}
