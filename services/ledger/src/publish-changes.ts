// finding.changed for what a batch was made of, an event a transition. A shared finding goes by the tool that reported it
// first, whoever does now, so that who keeps findings by target, tool and identity has one of it; and it names its
// witnesses as its kept content does.
import {
  type Batch,
  emitTotal,
  findingChanged,
  type Outgoing,
  pick,
  type Transition,
  transitionNames,
} from '@assay/contracts';
import { type Place, placeAt } from '@assay/store';
import { Contents } from './contents.ts';
import { equalItems } from './equal-items.ts';
import { sharedMask } from './identity-table.ts';
import type { Memory } from './memory.ts';
import type { Part } from './read-batch.ts';
import type { LedgerContext } from './resources.ts';
import { witnessed, witnessesIn } from './witnessed.ts';

/** A part of a batch, and what became of it. */
export interface Taken {
  batch: Batch;
  key: string;
  /** A byte a finding. */
  transitions: Uint8Array;
  /** Of shared findings. */
  shared?: { history: string; sights: Sight[] };
}

interface Sight {
  /** The tool it goes by. */
  tool: string;
  /** Where its content was then, if that is known, and where it is now. */
  places: Place[];
}

/** What must be known to publish a part; `places` are those of its entry. */
export function takenAs(
  { batch, isShared }: Part,
  key: string,
  transitions: Uint8Array,
  places: Uint8Array | undefined,
  memory: Memory,
): Taken {
  if (!isShared) return { batch, key, transitions };
  const { findings, history } = memory;
  const sights = batch.findings.map((_, position) => {
    const number = findings.find(batch.identities, position, sharedMask);
    const now = findings.placeOf(number);
    return { tool: memory.toolOf(number), places: places ? [placeAt(places, position), now] : [now] };
  });
  return { batch, key, transitions, shared: { history, sights } };
}

export async function* publishChanges(taken: Taken, context: LedgerContext): AsyncIterable<Outgoing> {
  const { batch, key, transitions, shared } = taken;
  if (!shared) {
    yield* changes(batch, transitions, key);
    return;
  }
  const contents = new Contents(shared.history, context);
  const names: string[] = [];
  for (const { places } of shared.sights) names.push(await nameWitnesses(places, contents));
  const named = { ...batch, enrichments: [...batch.enrichments, ...witnessed(names)] };
  for (const [tool, positions] of equalItems(shared.sights.map((sight) => sight.tool))) {
    const version = tool === batch.tool?.name ? batch.tool.version : '';
    const some = { ...pick(named, positions), tool: { name: tool, version } };
    const theirs = Uint8Array.from(positions, (position) => transitions[position] ?? 0);
    yield* changes(some, theirs, `${key}/${tool}`);
  }
}

// As it was then, so that a batch that comes again says what it said; where that is forgotten, as it is now.
async function nameWitnesses(places: readonly Place[], contents: Contents): Promise<string> {
  for (const place of places) {
    const content = await contents.find(place);
    if (content) return witnessesIn(content)[place.position] ?? '';
  }
  return '';
}

function* changes(batch: Batch, transitions: Uint8Array, key: string): Iterable<Outgoing> {
  for (const [transition, positions] of equalItems(transitions)) {
    const changed: Batch = { ...pick(batch, positions), steps: [], transition: transition as Transition };
    yield emitTotal(findingChanged, changed, `${key}/${transitionNames.of(transition)}`);
  }
}
