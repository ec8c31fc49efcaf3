import { Caller, readAsk } from '../harness/actors/agent.js';
import { startSlack } from '../harness/brokers/broker.js';
import { withoutPace } from '../harness/world/pace.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { created } from '../harness/world/stage.js';
import { makeWorld, type Config, type World } from '../harness/world/world.js';
import { inParallel } from './wire.js';

/** Reads are allowed whatever came before, so that a bench gets as many tokens as it likes. */
const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);

@id("refunds") @outcome("require_approval") @approvers("oncall")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
`;

/** Broker processes of one issuer over one database, as in production: compiled, apart from whoever measures. */
export interface Field {
  readonly world: World;
  readonly issuer: string;
  readonly processes: readonly BrokerProcess[];
  /** This agent or client, at the process of this number. */
  caller(id: string, process?: number): Caller;
  close(): Promise<void>;
}

export interface Plan {
  /** The roles of each process; the first one gives the issuer. */
  readonly processes: readonly string[];
  readonly redisUrl?: string;
  readonly change?: (config: Config) => void;
}

const open = new Set<Field['close']>();

/** Closes every field that is open, for an end in the middle. */
export async function closeFields(): Promise<void> {
  await Promise.allSettled([...open].map((close) => close()));
}

/** Opens a field without limits that a bench could reach. */
export async function openField({ processes, redisUrl, change }: Plan): Promise<Field> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    open.delete(close);
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  open.add(close);
  try {
    const world = await makeWorld((config) => {
      Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });
      change?.(config);
    }, POLICIES);
    closers.push(() => world.remove());
    await withoutPace(world);
    const slack = await startSlack();
    closers.push(() => slack.close());
    const start = async (roles: string, issuer?: string): Promise<BrokerProcess> => {
      const extra = { WRIT_LOG_LEVEL: 'warn', ...(issuer === undefined ? {} : { WRIT_ISSUER: issuer }) };
      const running = await spawnBroker(world, slack, { roles, redisUrl, extra });
      closers.push(() => running.kill());
      return running;
    };
    const first = await start(processes[0] ?? 'api');
    const others = await Promise.all(processes.slice(1).map((roles) => start(roles, first.issuer)));
    const all = [first, ...others];
    return {
      world,
      issuer: first.issuer,
      processes: all,
      caller: (id, process = 0) => new Caller(world, first.issuer, id, all[process]?.base),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A token as the bench holds it. */
export interface Held {
  readonly token: string;
  readonly grant: string;
}

/** Deferral codes of requests that policy allowed. */
export function askMany(field: Field, count: number, more: Record<string, unknown> = {}): Promise<string[]> {
  const agent = field.caller('support-bot');
  return inParallel(8, count, async () => {
    const { continuation } = created(await agent.ask({ ...readAsk(), ...more }), 201);
    return continuation.deferral_code;
  });
}

/** Tokens that policy allowed, collected. */
export async function holdMany(field: Field, count: number, more: Record<string, unknown> = {}): Promise<Held[]> {
  const agent = field.caller('support-bot');
  const codes = await askMany(field, count, more);
  return inParallel(8, count, async (index) => {
    const { status, body } = await agent.redeem(String(codes[index]));
    if (status !== 200) throw new Error(`not collected: ${status} ${JSON.stringify(body)}`);
    return { token: String(body.access_token), grant: String(body.grant_id) };
  });
}

/** Revokes at the first process, as an operator. */
export async function revoke(field: Field, { grant }: Held): Promise<void> {
  const { status, body } = await field.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Bench.' });
  if (status !== 200) throw new Error(`not revoked: ${status} ${JSON.stringify(body)}`);
}
