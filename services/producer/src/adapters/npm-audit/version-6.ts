// npm 6 and pnpm: advisories by number, each with the versions that were found and the ways that lead to them.
import type { FindingDraft, Parsing } from '../../adapter.ts';
import { type Fields, fieldsOf, list, requiredText } from '../../fields.ts';
import { listOf, objectOf, textOf, textsOf } from '../../json-values.ts';
import { advisoryDraft } from './advisory.ts';

/** Ways to a package that are named. */
const maxPaths = 10;

/** A record is a version of a package that an advisory is about. */
export function* advisories6(advisories: Fields, parsing: Parsing): Generator<FindingDraft> {
  for (const [number, value] of Object.entries(advisories)) {
    const where = `npm audit advisory ${number.slice(0, 40)}`;
    const advisory = fieldsOf(value, where);
    const name = requiredText(advisory, 'module_name', where);
    const found = list(advisory, 'findings', where).map(objectOf);
    for (const { version, paths } of found.length > 0 ? found : [{}]) {
      parsing.record();
      const ways = textsOf(paths);
      yield advisoryDraft(
        advisory,
        number,
        { name, version: textOf(version) },
        {
          vulnerableVersions: textOf(advisory['vulnerable_versions']),
          fixedVersion: textOf(advisory['patched_versions']),
          recommendation: textOf(advisory['recommendation']),
          paths: ways.slice(0, maxPaths).join(' '),
          pathCount: ways.length > maxPaths ? String(listOf(paths).length) : '',
        },
      );
    }
  }
}
