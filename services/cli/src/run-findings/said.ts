// What a program says of findings, whatever the form of its files, and what of it is new.
import { type FindingRecord, severityNames } from '@assay/contracts';

/** Of one finding; what is absent is as it was. */
export interface Said {
  /** The finding's id. */
  readonly id: string;
  /** The report it is of; absent: of every report of the run that has it. */
  readonly report?: string;
  readonly severity?: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly string[];
  readonly suppression?: { readonly kind: string; readonly justification: string };
}

/** An Enrichment as POST /api/v1/runs/{id}/findings/returned takes it, but for its positions. */
export interface Delta {
  severity?: string;
  annotations?: Record<string, string>;
  owners?: string[];
  suppression?: { kind: string; justification: string };
}

/** What the gateway takes of one finding. */
const most = { annotations: 64, keyChars: 128, valueChars: 4096, owners: 64, ownerChars: 256, kindChars: 64 };

/**
 * What a step adds to a finding by what its program said; undefined: nothing. A step adds and takes nothing away: an
 * annotation, owner or suppression that is gone stays. What is longer than findings may have is cut.
 */
export function difference(said: Said, record: FindingRecord): Delta | undefined {
  const delta: Delta = {};
  const { severity, suppression } = said;
  if (severity && severityNames.of(severity) !== record.severity) delta.severity = severityNames.of(severity);
  const annotations = Object.entries(said.annotations)
    .filter(([key, value]) => key !== '' && key.length <= most.keyChars && !isSame(record.annotations, key, value))
    .slice(0, most.annotations);
  if (annotations.length > 0)
    delta.annotations = Object.fromEntries(annotations.map(([key, value]) => [key, cut(value)]));
  const owners = said.owners.filter((owner) => isOwner(owner) && !record.owners?.includes(owner));
  if (owners.length > 0) delta.owners = [...new Set(owners)].slice(0, most.owners);
  if (suppression && !isSuppressed(record, suppression))
    delta.suppression = {
      kind: /^\P{Cc}{1,64}$/u.test(suppression.kind) ? suppression.kind : 'external',
      justification: cut(suppression.justification),
    };
  return Object.keys(delta).length > 0 ? delta : undefined;
}

/** Two programs, or two files of one, about the same finding: the later one counts where they differ. */
export function merged(first: Said | undefined, second: Said): Said {
  if (!first) return second;
  return {
    ...first,
    ...second,
    annotations: { ...first.annotations, ...second.annotations },
    owners: [...first.owners, ...second.owners],
  };
}

function isSame(known: Readonly<Record<string, string>> | undefined, key: string, value: string): boolean {
  return known !== undefined && Object.hasOwn(known, key) && known[key] === value;
}

function isOwner(owner: string): boolean {
  return owner !== '' && owner.length <= most.ownerChars && !/\p{Cc}/u.test(owner);
}

function isSuppressed(
  { suppression }: FindingRecord,
  { kind, justification }: { kind: string; justification: string },
) {
  return suppression?.kind === kind && (suppression.justification ?? '') === justification;
}

function cut(text: string): string {
  return text.length <= most.valueChars ? text : `${text.slice(0, most.valueChars - 1)}…`;
}
