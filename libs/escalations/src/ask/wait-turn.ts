import { refuse, type Refusal } from '#domain/refusal.js';
import { CONFIGURATION_MOVED } from '../answer-once.js';
import type { Transaction } from '../ports.js';
import type { AgentRow } from '../rows/agent.js';
import type { ReadyAsk } from './read-ask.js';

export type AskInTransaction = ReadyAsk & { readonly tx: Transaction };
/** An ask whose turn it is. `now` is the instant of everything that is decided and written of it, epoch milliseconds. */
export type AskInTurn = AskInTransaction & { readonly agent: AgentRow; readonly now: number };

/**
 * Takes the agent's lock and its turn among the agent's other asks: the agent lives, is not suspended, and has calls left in
 * this minute. From here on the call is counted once, whatever becomes of it: refusals are returned, not thrown, because
 * what is thrown takes the count back.
 */
export async function waitTurn(context: AskInTransaction): Promise<AskInTurn | Refusal> {
  const { tx, registry, agentId } = context;
  const locked = await tx.agents.lock(agentId);
  if (locked === null) return refuse('unauthenticated', 'Unknown agent.');
  if (locked.agent.suspended) return refuse('forbidden', 'This agent is suspended. Contact its owner.');
  await tx.agents.queueBehind(locked.agent.uid);
  // Before the count: the next attempt is the same call.
  if ((await tx.configurations.newestSeq()) !== registry.seq) return CONFIGURATION_MOVED;
  const { calls, resetSeconds } = await tx.agents.countCall(locked.agent.uid);
  const most = registry.catalog.limits.createsPerMinute;
  if (calls <= most) return { ...context, ...locked };
  return refuse('rate_limited', `At most ${most} creating calls a minute.`, { retryAfterSeconds: resetSeconds });
}
