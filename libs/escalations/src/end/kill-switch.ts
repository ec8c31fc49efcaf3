import { Injectable } from '@nestjs/common';
import { instant } from '#domain/instant.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { CompromiseKey } from '../keys/compromise-key.js';
import { inTime } from './in-time.js';
import type { StopKind, Reach } from './stop-orders.js';
import { Store, type Transaction } from '../ports.js';
import type { Actor } from '../rows/history.js';
import { SuspendAgent } from './suspend-agent.js';

export interface StopRequest {
  readonly kind: StopKind;
  /** An agent's id, `<agent>/<task id>`, a person's id or a key's kid. */
  readonly id: string;
  readonly reason: string;
}

/** For the count, the wait for a connection with it. The server gives up before. */
const COUNT_MS = 1_000;

/**
 * Ends everything of an agent, a task, an approver or a signing key, at the cost of one row however much that is: the
 * rows are joined wherever a grant is read. The sweeper writes the single ends afterwards.
 */
@Injectable()
export class KillSwitch {
  constructor(
    private readonly store: Store,
    private readonly agents: SuspendAgent,
    private readonly keys: CompromiseKey,
  ) {}

  /**
   * @returns how much that ended, `null` where that could not be counted in time, or `not_found` when there is nothing of
   * that name. Repeating it ends what came in between.
   */
  async execute({ kind, id, reason }: StopRequest, actor: Actor): Promise<{ ended: Reach | null } | Refusal> {
    // Apart from the switch: whatever becomes of the count, the switch is thrown.
    const ended = await inTime(COUNT_MS, () => this.store.run((tx) => tx.stopOrders.reach(kind, id)));
    if (kind === 'agent' || kind === 'key') {
      const done = await (kind === 'agent'
        ? this.agents.suspend(id, actor, reason)
        : this.keys.execute(id, actor, reason));
      // Suspension and compromise tell of themselves in the history.
      return 'refused' in done ? done : { ended };
    }
    return this.store.run(async (tx) => {
      const { at, agent } = await (kind === 'task' ? killTask(tx, id) : killApprover(tx, id));
      if (at === null) return refuse('not_found', `There is no such ${kind}.`);
      const data = { kind, id, not_before: instant(at), reason, ended };
      await tx.journal.record([{ type: 'kill.switched', actor, ...(agent === null ? {} : { agent }), data }], at);
      return { ended };
    });
  }
}

interface Killed {
  readonly at: number | null;
  readonly agent: string | null;
}

async function killTask(tx: Pick<Transaction, 'stopOrders'>, id: string): Promise<Killed> {
  const slash = id.indexOf('/');
  if (slash < 1) return { at: null, agent: null };
  const agent = id.slice(0, slash);
  return { at: await tx.stopOrders.stopTask(agent, id.slice(slash + 1)), agent };
}

/** Neither row changes where an approval of a pending request is ended, so its cards and watchers are told here. */
async function killApprover(
  tx: Pick<Transaction, 'journal' | 'people' | 'stopOrders'>,
  person: string,
): Promise<Killed> {
  // A person who has left the configuration may have approved a grant that still lives.
  if ((await tx.people.byId(person)) === null && !(await tx.stopOrders.hasVoted(person)))
    return { at: null, agent: null };
  const at = await tx.stopOrders.stopApprover(person);
  const pending = await tx.stopOrders.pendingWithEndedApproval(person);
  await tx.journal.enqueue(pending.map((id) => ({ topic: 'card.publish', payload: { id } })));
  return { at, agent: null };
}
