import { it } from '@jest/globals';
import { Caller } from './agent.js';
import { startTestBroker, type Broker } from './broker.js';
import { setStage, type Stage } from './stage.js';
import type { Config } from './world.js';

/** Every race runs so many times; `WRIT_ROUNDS=200 npm run races` is the long form. */
const ROUNDS = Number(process.env['WRIT_ROUNDS'] ?? 20);
const TIMEOUT = 10_000 + ROUNDS * 1_000;

const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
@id("refunds") @outcome("require_approval") @approvers("oncall") @max_uses("5")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
`;

/** Two brokers of one issuer on one database: what is signed for it, and every session, is good at both. */
export interface Pair extends Stage {
  readonly other: Broker;
  /** The same caller, at the second broker. */
  there(id: string): Caller;
}

/** Starts the pair with limits that no race reaches. */
export async function startPair(): Promise<Pair> {
  const unlimited = (config: Config): void =>
    void (config.limits = { pending_per_agent: 10_000, creates_per_minute: 100_000 });
  const stage = await setStage(unlimited, { policies: POLICIES });
  const other = await startTestBroker(stage.world, {
    slack: stage.broker.slack,
    extra: { WRIT_ISSUER: stage.broker.issuer },
  }).catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
  return {
    ...stage,
    other,
    there: (id) => new Caller(stage.world, stage.broker.issuer, id, other.base),
    close: async () => {
      await other.close();
      await stage.close();
    },
  };
}

/** Runs a race again and again; `flip` says whether the second contender starts first this time. */
export function race(name: string, round: (flip: boolean) => Promise<void>): void {
  it(
    name,
    async () => {
      for (let turn = 0; turn < ROUNDS; turn += 1) await round(turn % 2 === 1);
    },
    TIMEOUT,
  );
}

/** Starts both, the second one first when flipped; answers in the order given. */
export async function both<A, B>(flip: boolean, one: () => Promise<A>, two: () => Promise<B>): Promise<[A, B]> {
  if (!flip) return Promise.all([one(), two()]);
  const second = two();
  const first = one();
  return Promise.all([first, second]);
}
