// VEX documents of any of the three formats, to statements in the order in which the documents were given.
import { InvalidInput } from '@assay/contracts';
import { isCsaf, readCsaf } from './csaf.ts';
import { isCycloneDx, readCycloneDx } from './cyclonedx.ts';
import { type JsonObject, objectOf } from './json-members.ts';
import { isOpenVex, readOpenVex } from './openvex.ts';
import type { Statement } from './statement.ts';

/** Most pairs of a vulnerability's name and a product or part that all documents of a step may have together. */
const maxPlaces = 200_000;

type Read = (document: JsonObject, skip: (reason: string) => void) => Iterable<Statement>;

const formats: readonly (readonly [is: (document: JsonObject) => boolean, read: Read])[] = [
  [isOpenVex, readOpenVex],
  [isCycloneDx, readCycloneDx],
  [isCsaf, readCsaf],
];

export class StatementReader {
  /** Of all documents that were read, in their order. */
  readonly statements: Statement[] = [];
  readonly #skip: (reason: string) => void;
  #places = 0;

  constructor(skip: (reason: string) => void) {
    this.#skip = skip;
  }

  /** Throws InvalidInput "vex.invalid" for what is no such document, "vex.too-large" for more than can be kept. */
  read(name: string, text: string): void {
    const document = parse(name, text);
    const [, read] = formats.find(([is]) => is(document)) ?? [];
    if (!read)
      throw new InvalidInput(`${name} is no VEX document: take OpenVEX, CycloneDX or CSAF 2.0, all of them in JSON`, {
        code: 'vex.invalid',
      });
    for (const statement of read(document, this.#skip)) {
      this.#places += statement.vulnerabilities.length * sizeOf(statement);
      if (this.#places > maxPlaces)
        throw new InvalidInput(
          `the VEX documents have more than ${maxPlaces} products, each counted by name of a vulnerability; leave out what is not in use`,
          { code: 'vex.too-large' },
        );
      this.statements.push(statement);
    }
  }
}

function sizeOf({ places }: Statement): number {
  return places.reduce((sum, { parts }) => sum + Math.max(1, parts.length), 0);
}

function parse(name: string, text: string): JsonObject {
  try {
    return objectOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw new InvalidInput(`${name} is no JSON; VEX documents are read as JSON`, { code: 'vex.invalid', cause });
  }
}
