// Addresses that sinks show for people to follow.
import { type FindingRecord, InvalidInput } from '@assay/contracts';
import type { SinkContext } from './sink.ts';

/** Most characters of an address that is shown. */
const maxLength = 2000;

/**
 * Makes the address of a finding from the sink's template "link"; undefined without one. Every value is percent-encoded
 * but for its slashes, and the host must be the template's own: a finding cannot choose where people go.
 */
export function linkOf({ templates }: Pick<SinkContext, 'templates'>): (finding: FindingRecord) => string | undefined {
  const template = templates?.link;
  if (!template) return () => undefined;
  const origin = originOf(template({}, encoded));
  return (finding) => {
    const link = template(finding, encoded);
    if (URL.canParse(link) && new URL(link).origin === origin && link.length <= maxLength) return link;
    return undefined;
  };
}

/** The addresses that a tool gave with a finding, those that people can open; they are shown as they are. */
export function referencesOf({ references = [] }: FindingRecord, most: number): string[] {
  return references
    .filter((url) => /^https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][\x21-\x7e]*)?$/.test(url) && url.length <= maxLength)
    .slice(0, most);
}

function encoded(value: string): string {
  // A lone half of a character cannot be encoded, and "." and ".." would be folders.
  return value
    .toWellFormed()
    .split('/')
    .map((part) => (/^\.{1,2}$/.test(part) ? '' : encodeURIComponent(part)))
    .join('/');
}

function originOf(empty: string): string {
  // URL itself would take "https:///path" for a host named "path".
  if (/^https?:\/\/[^/?#\s]/.test(empty) && URL.canParse(empty)) return new URL(empty).origin;
  throw new InvalidInput(
    'template.link must begin with https:// and a host of its own, e.g. https://git.example.com/{{target}}/{{path}}',
    {
      code: 'sink.template',
    },
  );
}
