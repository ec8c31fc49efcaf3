import { setTimeout as pause } from 'node:timers/promises';
import { Caller, readAsk } from '../../harness/actors/agent.js';
import { startSlack } from '../../harness/brokers/broker.js';
import { withoutPace } from '../../harness/world/pace.js';
import { spawnBroker, type BrokerProcess } from '../../harness/brokers/process.js';
import { created } from '../../harness/world/stage.js';
import { makeWorld, type Config, type World } from '../../harness/world/world.js';
import { hashSecret } from '#identity/agents/client-secret.js';
import { Meter } from './cpu.js';
import { basic, type Party } from './parties.js';
import { inParallel } from './wire.js';

/** Reads are allowed whatever came before, so that a bench gets as many tokens as it likes. */
const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);

@id("refunds") @outcome("require_approval") @approvers("oncall")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
`;

/** Of the verifier whose secret is in a header, as most have it. */
const SECRET = 'a-secret-of-the-bench-0123456789';
export const AS_VERIFIER = basic('bench-api', SECRET);

/** People on call, so that no vote waits for another one by the same person. */
export const APPROVERS = Array.from({ length: 16 }, (_, index) => `approver-${index + 1}`);

/** Broker processes of one issuer over one database, as in production: compiled, apart from whoever measures. */
export interface Field {
  readonly world: World;
  readonly issuer: string;
  readonly processes: readonly BrokerProcess[];
  /** From the start of the first process until it was ready. */
  readonly readyMs: number;
  /** Of all processes and of the server; null where the system does not tell. */
  readonly meter: Meter | null;
  /** This agent or client, at the process of this number. */
  caller(id: string, process?: number): Caller;
  close(): Promise<void>;
}

export interface Plan {
  /** The roles of each process; the first one gives the issuer. Every role in one process unless told. */
  readonly processes?: readonly string[];
  /** Agents beside those of the tests, with keys of their own. */
  readonly parties?: readonly Party[];
  readonly change?: (config: Config) => void;
  /** Another program than the broker's own. */
  readonly program?: string;
}

const SETTLED_MS = 60_000;
const LOOK_MS = 20;

const open = new Set<Field['close']>();

/** Closes every field that is open, for an end in the middle. */
export async function closeFields(): Promise<void> {
  await Promise.allSettled([...open].map((close) => close()));
}

/** Opens a field without limits that a bench could reach. */
export async function openField(plan: Plan = {}): Promise<Field> {
  const { processes = ['all'], parties = [], change, program } = plan;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    open.delete(close);
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  open.add(close);
  try {
    const secret_hash = await hashSecret(SECRET);
    const world = await makeWorld((config) => {
      Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });
      seat(config, parties);
      config.clients.push({ id: 'bench-api', auth: { secret_hash }, roles: ['verifier'] });
      (config.resources[0]?.['verifiers'] as string[]).push('bench-api');
      change?.(config);
    }, POLICIES);
    closers.push(() => world.remove());
    await withoutPace(world);
    const slack = await startSlack();
    closers.push(() => slack.close());
    const start = async (roles: string, issuer?: string): Promise<BrokerProcess> => {
      const extra = { WRIT_LOG_LEVEL: 'warn', ...(issuer === undefined ? {} : { WRIT_ISSUER: issuer }) };
      const running = await spawnBroker(world, slack, { roles, program, extra });
      closers.push(() => running.kill());
      return running;
    };
    const began = performance.now();
    const first = await start(processes[0] ?? 'all');
    const readyMs = performance.now() - began;
    const others = await Promise.all(processes.slice(1).map((roles) => start(roles, first.issuer)));
    const all = [first, ...others];
    return {
      world,
      issuer: first.issuer,
      processes: all,
      readyMs,
      meter: await Meter.over(
        world.database.pool,
        all.map(({ pid }) => pid),
      ),
      caller: (id, process = 0) => new Caller(world, first.issuer, id, all[process]?.base),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Adds agents that may do what the agents of the tests may. */
function seat(config: Config, parties: readonly Party[]): void {
  const [first] = config.agents;
  const jwks = (party: Party) => ({ jwks: { keys: [party.publicJwk] } });
  config.agents.push(
    ...parties.map((party) => ({ ...structuredClone(first), id: party.id, name: party.id, auth: jwks(party) })),
  );
  const [person] = config.people;
  config.people.push(
    ...APPROVERS.map((id) => ({ ...structuredClone(person), id, email: `${id}@example.com`, slack: [] }) as never),
  );
  const joining: Readonly<Record<string, readonly string[]>> = {
    support: parties.map(({ id }) => id),
    oncall: APPROVERS,
  };
  for (const group of config.groups) (group['members'] as string[]).push(...(joining[String(group['id'])] ?? []));
}

/** Resolves when nothing is left to hand over or to work off now: what a request leaves behind is part of its price. */
export async function settled({ world }: Pick<Field, 'world'>): Promise<void> {
  const deadline = Date.now() + SETTLED_MS;
  for (;;) {
    const { rows } = await world.database.pool.query<{ busy: boolean }>({
      name: 'bench-busy',
      text: `select exists (select 1 from "outbox" where "dispatched_at" is null)
               or exists (select 1 from "bullmq"."job" where "state" in ('waiting', 'active')) as "busy"`,
    });
    if (rows[0]?.busy !== true) return;
    if (Date.now() > deadline) throw new Error('the work of the outbox does not end');
    await pause(LOOK_MS);
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
