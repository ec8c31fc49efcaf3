import { figure, inRounds, type Bench, type Figures } from '../figure.js';
import { cloneGrants, FLEET, withFleet } from '../seed.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';

const LIVE = 10_000;
/** Each suspension takes an agent of its own: what is copied is older than a suspension, and would not be live after one. */
const ROUNDS_MAX = Math.floor((FLEET.length - 1) / 2);
const HOUR_MS = 3_600_000;

/** How long an operator's suspension of an agent takes that holds ten thousand live grants, against one that holds one. */
export const killSwitch: Bench = {
  name: 'kill_switch',
  gives: ['kill_switch'],
  run: async ({ rounds }): Promise<Figures> => {
    // Nobody writes the ends meanwhile: that is the sweeper's figure, and would be measured in the next suspension.
    const field = await openField({ processes: ['api'], change: withFleet });
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
      const { ours, reference } = await inRounds(Math.min(rounds, ROUNDS_MAX), {
        ours: measure(LIVE),
        reference: measure(1),
      });
      return { kill_switch: figure(ours, reference, 'ms', 'the same with one live grant') };
    } finally {
      await field.close();
    }
  },
};

/** Milliseconds until a suspension is answered. */
async function suspended(field: Field, template: Held, agent: string, grants: number): Promise<number> {
  await cloneGrants(field.world, template, grants, Date.now() + HOUR_MS, [agent]);
  const operator = field.caller('ops-cli');
  const began = performance.now();
  const { status, body } = await operator.post(`/v1/agents/${agent}/suspend`, { reason: 'Bench.' });
  const ms = performance.now() - began;
  if (status !== 200) throw new Error(`not suspended: ${status} ${JSON.stringify(body)}`);
  const resumed = await operator.post(`/v1/agents/${agent}/resume`, {});
  if (resumed.status !== 200) throw new Error(`not resumed: ${resumed.status} ${JSON.stringify(resumed.body)}`);
  return ms;
}
