// When nothing is on its way any more: then what has not come will not come.
import { deadStream } from '@assay/bus';
import { durablesOf } from '@assay/runtime';
import { services } from '../up/services.ts';
import { until } from './journal.suite.ts';
import type { Rig } from './rig.suite.ts';

/** Resolves when every durable of the running services and of the sinks has been given and has acked everything. */
export async function quiet(rig: Rig): Promise<void> {
  const running = new Set(rig.members.map(({ name }) => name));
  const own = services.filter(({ name }) => running.has(name)).flatMap((service) => durablesOf(service));
  const bucket = await rig.bus.bucket('sink-durables');
  const ofSinks = await Promise.all(
    (await bucket.keys()).map(async (key) => {
      const { value } = (await bucket.get(key)) ?? {};
      return (JSON.parse(Buffer.from(value ?? '{}').toString()) as { durable: { stream: string; name: string } })
        .durable;
    }),
  );
  let busy: string[] = [];
  await until(
    'nothing is on its way',
    async () => {
      // In the order of the flow, twice: what one has acked the next one may not have been given yet.
      for (let round = 0; round < 2; round++) {
        const states = await Promise.all(
          [...own, ...ofSinks]
            .filter(({ stream }) => stream !== deadStream)
            .map(async ({ stream, name }) => ({ name, state: await rig.bus.consumerState(stream, name) })),
        );
        busy = states.flatMap(({ name, state }) => (state && state.pending + state.unacked > 0 ? [name] : []));
        if (busy.length > 0) return undefined;
      }
      return true;
    },
    { state: () => busy },
  );
}
