// Which of Dracon's messages bytes are, if any. Protobuf says nothing of itself, and much that is none decodes somehow:
// so every member must be of the right wire type, its text UTF-8, and the tool must have a name; to be taken for one
// unasked, every member must be known.
import type protobuf from 'protobufjs';
import { types } from './messages.ts';

export type Shape = 'response' | 'enriched';

/** A tool's name is a word or some. Bytes. */
const maxNameBytes = 128;

const wireTypes: Readonly<Record<string, number>> = { double: 1, string: 2, bytes: 2 };

interface View {
  readonly bytes: Uint8Array;
  /** These are the first bytes of more, and may end anywhere. */
  readonly isCut: boolean;
  /** Members that nobody knows may be there: of a version to come. */
  readonly isLenient: boolean;
}

export function shapeOf(bytes: Uint8Array, { isCut, isLenient }: Omit<View, 'bytes'>): Shape | undefined {
  const view: View = { bytes, isCut, isLenient };
  if (fits(view, types.response, 0, bytes.length) && isNamed(view, 0, bytes.length)) return 'response';
  if (!fits(view, types.enrichedResponse, 0, bytes.length)) return undefined;
  const [first] = members(view, 0, bytes.length);
  return first?.number === 1 && isNamed(view, first.start, first.end) ? 'enriched' : undefined;
}

/** Whether bytes are such a message. */
export function isMessage(type: protobuf.Type, bytes: Uint8Array): boolean {
  return fits({ bytes, isCut: false, isLenient: true }, type, 0, bytes.length);
}

interface Member {
  readonly number: number;
  readonly wireType: number;
  /** Of what it holds; the end may lie behind what is there. */
  readonly start: number;
  readonly end: number;
}

function fits(view: View, type: protobuf.Type, start: number, end: number): boolean {
  const reader = members(view, start, end);
  let step = reader.next();
  for (; !step.done; step = reader.next()) {
    const { number, wireType, start: from, end: to } = step.value;
    const field = type.fieldsById[number];
    if (!field) {
      if (!view.isLenient) return false;
      continue;
    }
    if (isMap(field)) {
      if (wireType !== 2 || !isEntry(view, from, to)) return false;
    } else if (field.resolvedType) {
      if (wireType !== 2 || !fits(view, field.resolvedType as protobuf.Type, from, to)) return false;
    } else {
      if (wireType !== (wireTypes[field.type] ?? 0)) return false;
      if (field.type === 'string' && !isText(view, from, to)) return false;
    }
  }
  return step.value;
}

function isMap(field: protobuf.Field): boolean {
  return field.map;
}

function isEntry(view: View, start: number, end: number): boolean {
  const reader = members(view, start, end);
  let step = reader.next();
  for (; !step.done; step = reader.next()) {
    const { number, wireType, start: from, end: to } = step.value;
    if (number > 2 || wireType !== 2 || !isText(view, from, to)) return false;
  }
  return step.value;
}

// LaunchToolResponse: tool_name, on one line, and beside it what was scanned or found.
function isNamed(view: View, start: number, end: number): boolean {
  let isWithName = false;
  let others = 0;
  for (const member of members(view, start, end)) {
    if (member.number !== 2) {
      others++;
      continue;
    }
    const name = Buffer.from(view.bytes.subarray(member.start, member.end)).toString();
    const length = member.end - member.start;
    if (isWithName || length === 0 || length > maxNameBytes || !/^[^\p{Cc}\ufffd]+$/u.test(name)) return false;
    isWithName = true;
  }
  return isWithName && others > 0;
}

/** Returns whether they end where they should. */
function* members({ bytes, isCut }: View, start: number, end: number): Generator<Member, boolean> {
  const last = Math.min(end, bytes.length);
  if (end > bytes.length && !isCut) return false;
  let at = start;
  while (at < last) {
    const tag = varint(bytes, at, last);
    if (!tag) return isCut && last === bytes.length;
    const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    if (number === 0 || tag.value > 0xffff_ffff) return false;
    let from = tag.end;
    let to: number;
    if (wireType === 0 || wireType === 2) {
      const value = varint(bytes, from, last);
      if (!value) return isCut && last === bytes.length;
      if (wireType === 2) from = value.end;
      to = wireType === 2 ? from + value.value : value.end;
    } else if (wireType === 1 || wireType === 5) to = from + (wireType === 1 ? 8 : 4);
    else return false;
    if (to > end && !(isCut && end === bytes.length)) return false;
    yield { number, wireType, start: from, end: to };
    at = to;
  }
  return true;
}

function varint(bytes: Uint8Array, start: number, end: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = start; i < end && i < start + 10; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (i - start));
    if (byte < 0x80) return { value, end: i + 1 };
  }
  return undefined;
}

function isText({ bytes }: View, start: number, end: number): boolean {
  // What is cut off may be cut in a character.
  const isWhole = end <= bytes.length;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end), { stream: !isWhole });
    return true;
  } catch {
    return false;
  }
}
