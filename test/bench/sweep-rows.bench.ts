import type { CloseOverdue } from '#escalations/end/close-overdue.js';
import { createPool } from '#persistence/connection/pool.js';
import { useCasesOf } from '../harness/world/sealed.js';
import type { World } from '../harness/world/world.js';
import { holdMany, openField, type Field, type Held } from './field.js';
import { figure, interleaved, type Bench, type Figures } from './figure.js';
import { cloneGrants, withFleet } from './seed.js';
import { inParallel } from './wire.js';

const SWEPT = 5_000;
const ENDED_ALONE = 500;
/** As the sweeper asks for, and as the consumer of deadlines works. */
const BATCH = 250;
const AT_ONCE = 10;

/** Overdue grants ended a second, each with its history, its audit entry and its job: in batches, and one by one. */
export const sweepRows: Bench = {
  name: 'sweep_rows',
  gives: ['sweep_rows'],
  run: async (rounds): Promise<Figures> => {
    const field = await openField({ processes: ['api'], change: withFleet });
    const pool = createPool(field.world.database.url);
    try {
      const closing = sweeperOver(field.world, pool);
      const template = (await holdMany(field, 1))[0] as Held;
      await alone(field, closing, template, ENDED_ALONE / 10);
      const { ours, reference } = await interleaved(
        rounds,
        () => together(field, closing, template, SWEPT),
        () => alone(field, closing, template, ENDED_ALONE),
      );
      const name = `the same ends, a transaction each, ${AT_ONCE} at once`;
      return { sweep_rows: figure(ours, reference, 'rows/s', name) };
    } finally {
      await pool.end();
      await field.close();
    }
  },
};

/** The product's own sweeper, outside a broker, so that nothing else is measured. */
function sweeperOver(world: World, pool: ReturnType<typeof createPool>): CloseOverdue {
  return useCasesOf(world, pool).closeOverdue;
}

async function together(field: Field, closing: CloseOverdue, template: Held, count: number): Promise<number> {
  await cloneGrants(field.world, template, count, Date.now() - 1);
  const began = performance.now();
  let all = 0;
  for (;;) {
    const { ended, failures } = await closing.sweep(BATCH);
    if (failures.length > 0) throw failures[0] as Error;
    if (ended === 0) break;
    all += ended;
  }
  if (all !== count) throw new Error(`${all} of ${count} rows were swept`);
  return count / ((performance.now() - began) / 1000);
}

async function alone(field: Field, closing: CloseOverdue, template: Held, count: number): Promise<number> {
  const grants = await cloneGrants(field.world, template, count, Date.now() - 1);
  const began = performance.now();
  const ended = await inParallel(AT_ONCE, count, (index) => closing.grant(String(grants[index])));
  if (!ended.every((written) => written)) throw new Error('a row was not ended');
  return count / ((performance.now() - began) / 1000);
}
