// What a report of Dependency-Check says around its dependencies.
import type { XmlRoot } from '../../adapter.ts';
import type { JsonObject } from '../../json-values.ts';

/** What a report says besides. */
export interface Header {
  readonly scanInfo?: JsonObject;
  readonly projectInfo?: JsonObject;
}

/** Retire.js writes this format too. The namespace names the version: ….2.5.xsd. */
export function isAnalysis(element: XmlRoot | undefined): boolean {
  return element?.name === 'analysis' && /dependency-?_?check/i.test(element.namespace);
}
