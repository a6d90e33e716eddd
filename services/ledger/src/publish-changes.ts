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
import { sharedMask } from './identity-table.ts';
import type { Memory } from './memory.ts';
import type { Part } from './read-batch.ts';
import type { LedgerContext } from './resources.ts';
import { witnessed, witnessesAt } from './witnessed.ts';

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
    yield* changes(batch, transitions, [...transitions.keys()], key);
    return;
  }
  const contents = new Contents(shared.history, context);
  const names: string[] = [];
  for (const { places } of shared.sights) names.push(await nameWitnesses(places, contents));
  const named = { ...batch, enrichments: [...batch.enrichments, ...witnessed(names)] };
  for (const [tool, positions] of groups(shared.sights.map((sight) => sight.tool))) {
    const version = tool === batch.tool?.name ? batch.tool.version : '';
    yield* changes({ ...named, tool: { name: tool, version } }, transitions, positions, `${key}/${tool}`);
  }
}

// As it was then, so that a batch that comes again says what it said; where that is forgotten, as it is now.
async function nameWitnesses(places: readonly Place[], contents: Contents): Promise<string> {
  for (const place of places) {
    const content = await contents.find(place);
    if (content) return witnessesAt(content, place.position);
  }
  return '';
}

function* changes(
  batch: Batch,
  transitions: Uint8Array,
  positions: readonly number[],
  key: string,
): Iterable<Outgoing> {
  for (const [transition, some] of groups(positions.map((position) => transitions[position] ?? 0))) {
    const changed: Batch = {
      ...pick(
        batch,
        some.map((index) => positions[index] ?? 0),
      ),
      steps: [],
      transition: transition as Transition,
    };
    yield emitTotal(findingChanged, changed, `${key}/${transitionNames.of(transition)}`);
  }
}

/** The indexes of equal items. */
function groups<T>(items: readonly T[]): Map<T, number[]> {
  const found = new Map<T, number[]>();
  items.forEach((item, index) => {
    const same = found.get(item);
    if (same) same.push(index);
    else found.set(item, [index]);
  });
  return found;
}
