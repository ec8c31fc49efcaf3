import { Caller, refundAsk, type Answer } from '../actors/agent.js';
import { startTestBroker, type Broker, type BrokerOptions } from '../brokers/broker.js';
import { Person, SlackDriver } from '../actors/person.js';
import { withoutPace } from './pace.js';
import { makeWorld, type Config, type World } from './world.js';

/** A world with one broker and everyone who speaks to it, for stories that need no more than that. */
export interface Stage {
  readonly world: World;
  readonly broker: Broker;
  readonly slack: SlackDriver;
  /** The agent or client of this id. */
  caller(id: string): Caller;
  /** The person of this id, signed in once. */
  person(id: string): Promise<Person>;
  close(): Promise<void>;
}

export interface Approved {
  readonly id: string;
  readonly digest: string;
  readonly code: string;
  readonly grant: string;
}

export interface Collected extends Approved {
  readonly token: string;
}

export interface StageOptions extends BrokerOptions {
  readonly policies?: string;
  /** Cards go out one a second, as in the product. */
  readonly paced?: boolean;
  /** Makes ready what the broker needs of this world, and says with what it starts. */
  readonly prepare?: (world: World) => Promise<BrokerOptions>;
}

/** Starts a world and a broker. @param change edits the configuration first */
export async function setStage(
  change: (config: Config) => void = () => undefined,
  options: StageOptions = {},
): Promise<Stage> {
  const world = await makeWorld(change, options.policies);
  if (options.paced !== true) await withoutPace(world);
  const prepared = await options.prepare?.(world);
  const broker = await startTestBroker(world, { ...options, ...prepared }).catch(async (error: unknown) => {
    await world.remove();
    throw error;
  });
  const people = new Map<string, Promise<Person>>();
  return {
    world,
    broker,
    slack: new SlackDriver(broker),
    caller: (id) => new Caller(world, broker.issuer, id, broker.base),
    person: (id) => {
      const known = people.get(id) ?? Person.signIn(world, broker, id);
      people.set(id, known);
      return known;
    },
    close: async () => {
      await broker.close();
      await world.remove();
    },
  };
}

/**
 * Asks for a refund and has bob approve it over REST.
 * @param how `afterCard`: not before Slack shows it, since what is decided sooner gets no card
 */
export async function approvedRefund(
  stage: Stage,
  more: Record<string, unknown> = {},
  agent = 'support-bot',
  how: { readonly afterCard?: boolean } = {},
): Promise<Approved> {
  const asked = await stage.caller(agent).ask(refundAsk('8812', more));
  const { id, digest, continuation } = created(asked, 202);
  const bob = await stage.person('bob');
  if (how.afterCard === true) await stage.slack.card(id);
  const decided = await bob.decide({ id, digest }, 'approve');
  if (decided.status !== 200) throw new Error(`not approved: ${JSON.stringify(decided.body)}`);
  return {
    id,
    digest,
    code: continuation.deferral_code,
    grant: (decided.body as { escalation: { grant: { id: string } } }).escalation.grant.id,
  };
}

/** The same, collected: the grant is active and its token is here. */
export async function collectedRefund(
  stage: Stage,
  more: Record<string, unknown> = {},
  agent = 'support-bot',
  how: { readonly afterCard?: boolean } = {},
): Promise<Collected> {
  const approved = await approvedRefund(stage, more, agent, how);
  const redeemed = await stage.caller(agent).redeem(approved.code);
  if (redeemed.status !== 200) throw new Error(`not collected: ${JSON.stringify(redeemed.body)}`);
  return { ...approved, token: (redeemed.body as { access_token: string }).access_token };
}

/** The body of a create that answered `status`. */
export function created(
  answer: Answer,
  status: 201 | 202,
): { id: string; digest: string; continuation: { deferral_code: string } } {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as { id: string; digest: string; continuation: { deferral_code: string } };
}

/** The types of a grant's history in order, without what its cards went through. */
export async function storyOf(
  stage: Stage,
  grant: string,
): Promise<{
  types: string[];
  events: { type: string; actor: { kind: string; id: string }; data: Record<string, unknown> }[];
}> {
  const story = await stage.caller('auditor-tool').get(`/v1/grants/${grant}`);
  const events = (
    story.body as { events: { type: string; actor: { kind: string; id: string }; data: Record<string, unknown> }[] }
  ).events;
  return { events, types: events.map((event) => event.type).filter((type) => !type.startsWith('card.')) };
}
