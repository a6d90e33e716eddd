// Components that vulnerabilities refer to, and nothing of the others.

import { purlName } from '../../identify.ts';
import { type JsonObject, textOf } from '../../json-values.ts';
import { nameOf } from './component.ts';

export interface Subject {
  /** "" when the component has none. */
  readonly purl: string;
  /** "name@version" */
  readonly name: string;
}

export class Affected {
  readonly #subjects = new Map<string, Subject | undefined>();
  /** References without a version that several components answer to. */
  readonly #ambiguous = new Set<string>();

  /** A vulnerability refers to this. */
  add(ref: string): void {
    if (ref) this.#subjects.set(target(ref), undefined);
  }

  /** There is such a component. */
  found(component: JsonObject): void {
    if (this.#subjects.size === 0) return;
    const purl = textOf(component['purl']);
    const subject = { purl, name: nameOf(component) };
    const ref = textOf(component['bom-ref']);
    for (const key of [ref, purl]) if (key && this.#subjects.has(key)) this.#subjects.set(key, subject);
    // OSV-Scanner refers to "pkg:npm/moment" and lists "pkg:npm/moment@2.24.0".
    const name = purl && purlName(purl);
    if (!name || name === purl || name === ref || !this.#subjects.has(name) || this.#ambiguous.has(name)) return;
    const known = this.#subjects.get(name);
    if (known && known.purl !== purl) {
      this.#ambiguous.add(name);
      this.#subjects.set(name, undefined);
    } else this.#subjects.set(name, subject);
  }

  /** What a reference of a vulnerability means; a reference that is a purl stands for itself. */
  subject(ref: string): Subject | undefined {
    const key = target(ref);
    const subject = this.#subjects.get(key);
    if (subject) return subject;
    return key.startsWith('pkg:') ? { purl: key, name: '' } : undefined;
  }
}

/** A BOM-Link, "urn:cdx:<serial>/<version>#<bom-ref>", refers to a component of a BOM by its bom-ref. */
function target(ref: string): string {
  const link = /^urn:cdx:[^#]*#(.+)$/.exec(ref)?.[1];
  if (link === undefined) return ref;
  try {
    return decodeURIComponent(link);
  } catch {
    return link;
  }
}
