import { figure, inRounds, percentile, type Bench, type Figures } from '../figure.js';
import { ageGrants, cloneGrants } from '../seed.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';
import { OurRequests } from '../sides/ours.js';
import { makeParties, type Party } from '../sides/parties.js';
import { insist, Wire } from '../sides/wire.js';

const GRANTS = 10_000;
const ASKED = 60;
const WARM_UP = 200;
const HOUR_MS = 3_600_000;

/** What a request costs an agent that was given ten thousand grants within the day, or holds as many, against one that has none. */
export const crowdedAgent: Bench = {
  name: 'crowded_agent',
  gives: ['create_10k_in_a_day', 'create_10k_live'],
  run: async ({ rounds }): Promise<Figures> => {
    const parties = makeParties(3);
    const [empty, busy, laden] = parties as [Party, Party, Party];
    const field = await openField({ parties });
    const wire = new Wire(field.processes[0]?.base ?? '', 1);
    try {
      await crowd(field, busy, laden);
      const p50 =
        (party: Party, count = ASKED) =>
        async (): Promise<number> => {
          const requests = new OurRequests(field.issuer, [party]);
          const asks = Array.from({ length: count }, (_, index) => requests.ask(index));
          const took = await wire.flood(count, async (line, index) => {
            insist(await line.ask(asks[index] as never), 201, 'deferral_code');
          });
          return percentile(took, 0.5);
        };
      for (const party of parties) await p50(party, WARM_UP)();
      const measured = await inRounds(rounds, { empty: p50(empty), busy: p50(busy), laden: p50(laden) });
      const name = 'the same for an agent without grants (p50, one in flight)';
      return {
        create_10k_in_a_day: figure(measured.busy, measured.empty, 'ms', name),
        create_10k_live: figure(measured.laden, measured.empty, 'ms', name),
      };
    } finally {
      wire.close();
      await field.close();
    }
  },
};

/** One gets grants that were given over the last day and are over, the other grants that are live. */
async function crowd(field: Field, busy: Party, laden: Party): Promise<void> {
  const template = (await holdMany(field, 1))[0] as Held;
  await cloneGrants(field.world, template, GRANTS, Date.now() + HOUR_MS, [laden.id]);
  await ageGrants(field.world, await cloneGrants(field.world, template, GRANTS, Date.now() + HOUR_MS, [busy.id]), 23);
}
