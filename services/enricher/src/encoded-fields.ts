// Fields of an encoded finding, without decoding the finding: what nobody asks for is stepped over by its length.
// A sixth of what decoding costs. https://protobuf.dev/programming-guides/encoding/
import { InvalidInput } from '@assay/contracts';

/** Numbers of Finding's fields in proto/assay/v1/finding.proto; a spec compares them. */
export const findingField = { rule: 1, cves: 8, location: 10, purl: 11, digest: 12, properties: 14 } as const;

/** Calls `take` for each length-delimited field. Throws InvalidInput "finding.corrupt" when the bytes are no message. */
export function eachField(message: Uint8Array, take: (field: number, value: Uint8Array) => void): void {
  let at = 0;
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const length = varint();
      const start = at;
      at += length;
      if (at <= message.length) take(tag >>> 3, message.subarray(start, at));
    } else throw corrupt();
    if (at > message.length) throw corrupt();
  }

  // Tags and lengths fit in 32 bits; a longer number is only stepped over.
  function varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw corrupt();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw corrupt();
  }
}

export function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
}

function corrupt(): InvalidInput {
  return new InvalidInput('a finding of the batch is no protobuf message assay.v1.Finding', {
    code: 'finding.corrupt',
  });
}
