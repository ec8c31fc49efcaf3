import { until } from '../../harness/judges/until.js';
import { figure, inRounds, type Bench, type Figures } from '../figure.js';
import { cloneGrants, FLEET } from '../seed.js';
import { withFleet } from '../seed.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';

const LIVE = 10_000;
const HOUR_MS = 3_600_000;

/** How long an operator's suspension of an agent takes that holds ten thousand live grants, against one that holds one. */
export const killSwitch: Bench = {
  name: 'kill_switch',
  gives: ['kill_switch'],
  run: async ({ rounds }): Promise<Figures> => {
    const field = await openField({ change: withFleet });
    try {
      const template = (await holdMany(field, 1))[0] as Held;
      // Nobody's connection is the first, and no statement is planned for the first time.
      for (let n = 0; n < 5; n += 1) await suspended(field, template, FLEET[0] as string, 1);
      const agents = FLEET.slice(1);
      let next = 0;
      const measure = (grants: number) => (): Promise<number> => {
        const agent = agents[next % agents.length] as string;
        next += 1;
        return suspended(field, template, agent, grants);
      };
      const { ours, reference } = await inRounds(rounds, { ours: measure(LIVE), reference: measure(1) });
      return { kill_switch: figure(ours, reference, 'ms', 'the same with one live grant') };
    } finally {
      await field.close();
    }
  },
};

/** Milliseconds until a suspension is answered; what it ends is written before the next one is measured. */
async function suspended(field: Field, template: Held, agent: string, grants: number): Promise<number> {
  await cloneGrants(field.world, template, grants, Date.now() + HOUR_MS, [agent]);
  const operator = field.caller('ops-cli');
  const began = performance.now();
  const { status, body } = await operator.post(`/v1/agents/${agent}/suspend`, { reason: 'Bench.' });
  const ms = performance.now() - began;
  if (status !== 200) throw new Error(`not suspended: ${status} ${JSON.stringify(body)}`);
  await until('all that it held is written as ended', () => nothingOpen(field, agent), 300_000);
  const resumed = await operator.post(`/v1/agents/${agent}/resume`, {});
  if (resumed.status !== 200) throw new Error(`not resumed: ${resumed.status} ${JSON.stringify(resumed.body)}`);
  return ms;
}

async function nothingOpen({ world }: Field, agent: string): Promise<boolean> {
  const { rows } = await world.database.pool.query<{ open: boolean }>(
    `select exists (select 1 from "grants" where "agent_id" = $1 and "status" in ('ready', 'active')) as "open"`,
    [agent],
  );
  return rows[0]?.open === false;
}
