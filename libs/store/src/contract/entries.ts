// Entries for the contract's examples, as the ledger would write them.
import { hash } from 'node:crypto';
import { type Batch, batchType, type Draft, type Finding, findingType, Severity, Transition } from '@assay/contracts';
import { historyId } from '../history-id.ts';
import { type Append, type Entry, FindingMark, type Marking, type Place, placeBytes } from '../ledger-store.ts';
import { numbersOf, setPlace } from '../places.ts';

export interface Sighting {
  /** Any text; its hash is the identity. */
  name: string;
  transition?: Transition;
  finding?: Draft<Finding>;
  /** Where its content is; without it the content comes with this entry. */
  place?: Place;
  /** Number of the entry that opened it; default: this one. */
  first?: number;
}

export interface EntryDraft {
  seq: number;
  target?: string;
  tool?: string;
  report?: string;
  at?: string;
  severity?: Severity;
  isShared?: boolean;
  sightings: Sighting[];
  markings?: Marking[];
  closing?: boolean;
}

export const identityOf = (name: string) => hash('sha256', name).slice(0, 32);

export function draftEntry(draft: EntryDraft): Append {
  const { seq, target = 'shop', tool = 'gosec', report = 'r1', at = day(1), sightings } = draft;
  const kept = sightings.filter(({ place }) => place === undefined);
  const severity = draft.severity ?? Severity.HIGH;
  const places = new Uint8Array(sightings.length * placeBytes);
  sightings.forEach((sighting, position) => {
    setPlace(places, position, sighting.place ?? { seq, position: kept.indexOf(sighting) });
  });
  const entry: Entry = {
    history: historyId(target),
    seq,
    key: `${report}/${seq}`,
    event: `event-${seq}`,
    reportId: report,
    runId: `run-${report}`,
    revision: `rev-${report}`,
    tool,
    scope: '',
    at,
    storedAt: at,
    severity,
    count: draft.closing ? 0 : sightings.length,
    isShared: draft.isShared ?? false,
    seen: { identities: identitiesOf(sightings), transitions: transitionsOf(sightings), places },
  };
  const markings = draft.markings ?? [];
  if (draft.closing) {
    const { reportId, runId, revision } = entry;
    entry.closing = { isProof: true, isEnd: true, isLast: true, parse: 'p', beforeAt: day(1), beforeRun: 'run-r1' };
    return { entry, markings, coverage: { key: `${tool}\n`, value: { at, runId, reportId, revision } } };
  }
  if (kept.length === 0) return { entry, markings };
  const findings = kept.map(({ name, finding }) =>
    Buffer.from(findingType.encode({ rule: 'R1', title: name, ...finding })),
  );
  const paths = kept.map(({ finding }) => finding?.location?.path ?? '').sort();
  entry.kept = {
    identities: identitiesOf(kept),
    transitions: transitionsOf(kept),
    marks: Uint8Array.from(kept, ({ transition }) =>
      transition === Transition.SUPPRESSED ? FindingMark.SUPPRESSED : FindingMark.OPEN,
    ),
    pointers: new Uint8Array(),
    hashes: numbersOf(kept.map((_, index) => index)),
    firsts: numbersOf(kept.map(({ first }) => first ?? seq)),
    rules: [...new Set(kept.map(({ finding }) => finding?.rule ?? 'R1'))],
    minPath: paths[0] ?? '',
    maxPath: paths.at(-1) ?? '',
  };
  const batch = batchType.create({
    reportId: report,
    runId: entry.runId,
    target: { name: target, kind: 'repository' },
    revision: entry.revision,
    tool: { name: tool, version: '1' },
    identities: entry.kept.identities,
    severities: new Uint8Array(kept.length).fill(severity),
  });
  const content: Batch = { ...batch, findings };
  return { entry, content, markings };
}

/** Noon of a day of January 2026. */
export function day(number: number): string {
  return `2026-01-${String(number).padStart(2, '0')}T12:00:00.000Z`;
}

function identitiesOf(sightings: readonly Sighting[]): Uint8Array {
  return Uint8Array.from(Buffer.from(sightings.map(({ name }) => identityOf(name)).join(''), 'hex'));
}

function transitionsOf(sightings: readonly Sighting[]): Uint8Array {
  return Uint8Array.from(sightings, ({ transition }) => transition ?? Transition.OPENED);
}
