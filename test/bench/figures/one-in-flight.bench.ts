import { figure, inRounds, percentile, type Bench, type Figures } from '../figure.js';
import { Floor } from '../sides/floor.js';
import { Sides, type Preparing } from '../sides/sides.js';
import { Works } from '../sides/works.js';

const EACH = 100;
const SHORT_EACH = 40;
const WARM_UP = 200;
const REFERENCE = 'one prepared commit of four rows by node-postgres (p50)';

/** How long a caller waits that asks one thing at a time, against one commit. */
export const oneInFlight: Bench = {
  name: 'one_in_flight',
  gives: ['one_request_p50', 'create_p50', 'redeem_p50', 'consume_p50', 'introspect_p50'],
  run: (terms) =>
    Sides.opened(terms, async (sides): Promise<Figures> => {
      const works = new Works(sides);
      const absent = await works.withoutAskHere();
      const { introspect, consume } = await works.overTokens();
      const floor = await Floor.open(sides.field.world.database.url);
      try {
        const count = terms.short ? SHORT_EACH : EACH;
        const line = sides.wire(sides.field.processes[0]?.base ?? '', 1);
        const p50 = async (preparing: Preparing, of = count): Promise<number> =>
          percentile(await line.flood(of, await preparing(of)), 0.5);
        const verbs: Record<string, Preparing> = {
          ...(absent === null && { one_request_p50: works.askHere }),
          create_p50: works.create,
          redeem_p50: works.redeem,
          consume_p50: consume,
          introspect_p50: introspect,
        };
        for (const verb of Object.values(verbs)) await p50(verb, WARM_UP);
        await floor.commits(WARM_UP);
        const measured = await inRounds<string, number>(terms.rounds, {
          floor: async () => percentile(await floor.commits(count), 0.5),
          ...Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, () => p50(verb)])),
        });
        return {
          ...(absent === null ? {} : { one_request_p50: { absent } }),
          ...Object.fromEntries(
            Object.keys(verbs).map((name) => [
              name,
              figure(measured[name] ?? [], measured['floor'] ?? [], 'ms', REFERENCE),
            ]),
          ),
        };
      } finally {
        await floor.close();
      }
    }),
};
