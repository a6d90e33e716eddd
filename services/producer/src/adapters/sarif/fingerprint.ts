// The tool's own identity for a result (SARIF 2.1.0 §3.27.16 and 3.27.17), where it is one.
import { entryOf, type JsonObject, objectOf } from '../../json-values.ts';

/** GitHub's: a hash of the flagged line and its surroundings, with an ordinal. Alone it is enough. */
const lineHash = /^primaryLocationLineHash[/=]/;

/** Columns change with any edit of the line; what semgrep writes without an account is the same for all. */
const unusableNames = /^primaryLocationStartColumnFingerprint(\/|$)/;
const unusableValues = /^(requires login|)$/i;

/**
 * The line hash; else the first of `fingerprints` by name, as each of them is whole; else all of
 * `partialFingerprints`, as each of them is a part. Undefined when there is none.
 */
export function fingerprintOf(result: JsonObject, notFingerprints: ReadonlySet<string>): string | undefined {
  const partial = usable(objectOf(result['partialFingerprints']), notFingerprints);
  const line = partial.find((entry) => lineHash.test(entry));
  if (line) return line;
  const [whole] = usable(objectOf(result['fingerprints']), notFingerprints);
  if (whole) return whole;
  return partial.length > 0 ? partial.join('\n') : undefined;
}

function usable(fingerprints: JsonObject, notFingerprints: ReadonlySet<string>): string[] {
  return Object.keys(fingerprints)
    .filter((name) => !unusableNames.test(name) && !notFingerprints.has(name))
    .sort()
    .flatMap((name) => {
      const value = entryOf(fingerprints, name);
      return typeof value === 'string' && !unusableValues.test(value.trim()) ? [`${name}=${value}`] : [];
    });
}
