// Where a result is: artifact locations (SARIF 2.1.0 §3.4) to paths, through artifacts[] and chains of base ids
// (§3.14.14), relative to the root of what was scanned whenever the report lets us know it.
import { entryOf, indexOf, type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { type NormalPath, pathNormaliser } from '../../normalise-path.ts';

/** Base ids by which tools name the root of the sources. */
const rootId = /^%?(SRC|SOURCE|PROJECT|PROJ|REPO|WORKING|CHECKOUT)_?(ROOT|DIR)%?$/i;

/** Base ids that lean on each other, where more is a circle; and folders that may be the root. */
const maxBases = 16;

const tidy = pathNormaliser('');

export class Places {
  readonly #bases: JsonObject;
  readonly #artifacts: readonly JsonObject[];
  /** The submitter's word for the root first, then the report's own. */
  readonly #below: readonly ((path: string) => NormalPath)[];

  /** `artifacts` are the run's artifact locations; `sourceRoot` is "" when unknown. */
  constructor(run: JsonObject, artifacts: readonly JsonObject[], sourceRoot: string) {
    this.#bases = objectOf(run['originalUriBaseIds']);
    this.#artifacts = artifacts;
    const bases = Object.keys(this.#bases)
      .filter((id) => rootId.test(id))
      .map((id) => objectOf(entryOf(this.#bases, id)));
    const folders = listOf(run['invocations']).map((item) => objectOf(objectOf(item)['workingDirectory']));
    const roots = [...bases, ...folders]
      .map((location) => textOf(location['uri']))
      .filter(isAbsolute)
      .slice(0, maxBases);
    this.#below = [...new Set([sourceRoot, ...roots])].map(pathNormaliser);
  }

  /** The path of an artifact location; "" when it names none. */
  path(location: JsonObject): string {
    const own = textOf(location['uri']) ? location : (this.#artifacts[indexOf(location['index']) ?? -1] ?? location);
    const uri = textOf(own['uri']);
    if (!uri || isElsewhere(uri)) return uri;
    if (isAbsolute(uri)) return this.#within(uri) ?? tidy(uri).path;
    let path = decoded(uri);
    let id = textOf(own['uriBaseId']);
    for (let count = 0; id && count < maxBases; count++) {
      const base = objectOf(entryOf(this.#bases, id));
      const folder = textOf(base['uri']);
      // A base that nobody knows is the root; so is, for want of a better word, one outside of every known root.
      if (isAbsolute(folder)) return this.#within(`${tidy(folder).path}/${path}`) ?? tidy(path).path;
      if (folder) path = `${decoded(folder)}/${path}`;
      id = textOf(base['uriBaseId']);
    }
    return tidy(path).path;
  }

  /** The path below the first root that holds it; undefined when none does. */
  #within(path: string): string | undefined {
    for (const below of this.#below) {
      const normal = below(path);
      if (!normal.isOutside) return normal.path;
    }
    return undefined;
  }
}

const isAbsolute = (uri: string) => /^(file:|[\\/]|[A-Za-z]:[\\/])/i.test(uri);

/** https:, git: and the like: no path at all. */
const isElsewhere = (uri: string) => /^[A-Za-z][\w+.-]+:\/\//.test(uri) && !isAbsolute(uri);

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A "%" that encodes nothing: the tool wrote a path, not a URI.
    return text;
  }
}
