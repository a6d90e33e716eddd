// Messages as another version of the platform would write them: fields at the level of bytes, whatever they mean.
// https://protobuf.dev/programming-guides/encoding/

interface Field {
  number: number;
  /** The whole of it, tag included. */
  bytes: Uint8Array;
}

/** A newer writer: fields that nobody here knows, of each wire type, before and behind the others. */
export function withUnknownFields(payload: Uint8Array): Uint8Array {
  const number = 1900;
  const unknown = [
    Buffer.concat([tag(number, 0), varint(300)]),
    Buffer.concat([tag(number + 1, 1), Buffer.alloc(8, 7)]),
    Buffer.concat([tag(number + 2, 2), varint(5), Buffer.from('newer')]),
    Buffer.concat([tag(number + 3, 5), Buffer.alloc(4, 7)]),
  ];
  return Buffer.concat([...unknown, payload, ...unknown]);
}

/** An older writer: without the fields of these numbers. */
export function withoutFields(payload: Uint8Array, numbers: readonly number[]): Uint8Array {
  return Buffer.concat(fieldsOf(payload).flatMap(({ number, bytes }) => (numbers.includes(number) ? [] : [bytes])));
}

function fieldsOf(payload: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < payload.length; ) {
    const start = at;
    const head = readVarint(payload, at);
    at = head.end;
    const wireType = head.value & 7;
    if (wireType === 0) at = readVarint(payload, at).end;
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const length = readVarint(payload, at);
      at = length.end + length.value;
    } else throw new Error(`wire type ${wireType} at ${start}`);
    fields.push({ number: Math.floor(head.value / 8), bytes: payload.subarray(start, at) });
  }
  return fields;
}

function tag(number: number, wireType: number): Uint8Array {
  return varint(number * 8 + wireType);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

// Of what stands in these messages, nothing takes more than 53 bits.
function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let at = start, unit = 1; ; at++, unit *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, end: at + 1 };
  }
}
