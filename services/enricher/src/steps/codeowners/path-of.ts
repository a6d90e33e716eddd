// The location's path of an encoded finding, without decoding the finding.
import { eachField, findingField, textOf } from '../../encoded-fields.ts';

// Number of Location.path in proto/assay/v1/finding.proto.
const pathField = 1;

/** Empty when the finding has no path. Throws InvalidInput "finding.corrupt" when the bytes are no message. */
export function pathOf(finding: Uint8Array): string {
  let path = '';
  // An encoder may write a sub-message in several pieces; the last value of a field counts.
  eachField(finding, (field, location) => {
    if (field !== findingField.location) return;
    eachField(location, (member, value) => {
      if (member === pathField) path = textOf(value);
    });
  });
  return path;
}
