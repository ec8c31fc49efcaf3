import { Caller, readAsk, type Answer } from '../actors/agent.js';
import { created, setStage, type Stage, type StageOptions } from './stage.js';
import type { Config } from './world.js';

/** Agents beside those of every world, with the key of the first and an owner of their own. */
export const BOTS = ['bot-1', 'bot-2', 'bot-3', 'bot-4', 'bot-5'];

export interface Held {
  readonly id: string;
  readonly grant: string;
  readonly token: string;
}

/** A stage with agents enough for a chain. */
export interface HandingStage extends Stage {
  /** Asks for reads, which policy allows, and collects them. @param parent the token of who handed the work on */
  held(agent: string, parent: string | null, more?: object): Promise<Held>;
  active(token: string): Promise<boolean>;
  /** The whole story of a grant, as an auditor reads it. */
  grantOf(id: string): Promise<Answer['body']>;
}

/** The header that names who handed the work on. */
export function under(token: string): Record<string, string> {
  return { 'writ-parent-token': token };
}

export function moreAgents(config: Config): void {
  const [first] = config.agents;
  config.agents.push(...BOTS.map((id) => ({ ...structuredClone(first), id, name: id, owner: 'omar' })));
  Object.assign(config.groups[3] ?? {}, { members: ['support-bot', 'rival-bot', ...BOTS] });
}

export async function setHandingStage(options: StageOptions): Promise<HandingStage> {
  const stage = await setStage(moreAgents, options);
  const { world, broker } = stage;
  const keys = { ...world.keys };
  for (const bot of BOTS) Object.assign(keys, { [bot]: world.keys['support-bot'] });
  const caller = (id: string): Caller => new Caller({ ...world, keys }, broker.issuer, id);
  return {
    ...stage,
    caller,
    held: async (agent, parent, more = {}) => {
      const asked = await caller(agent).ask({ ...readAsk(), ...more }, parent === null ? {} : under(parent));
      const { id, continuation } = created(asked, 201);
      const { status, body } = await caller(agent).redeem(continuation.deferral_code);
      if (status !== 200) throw new Error(`not collected: ${JSON.stringify(body)}`);
      return { id, grant: body.grant_id as string, token: body.access_token as string };
    },
    active: async (token) => (await caller('payments-api').introspect(token)).body.active as boolean,
    grantOf: async (id) => (await caller('auditor-tool').get(`/v1/grants/${id}`)).body,
  };
}
