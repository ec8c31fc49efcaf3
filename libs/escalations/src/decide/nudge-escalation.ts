import { Injectable } from '@nestjs/common';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { Store, type Transaction } from '../ports.js';
import { ReadEscalation } from '../watch/read-escalation.js';
import { escalationState } from '../state-now.js';

const MISSING = refuse('not_found', 'There is no such escalation.');

/** When the request was nudged, epoch milliseconds. */
export interface Nudged {
  readonly at: number;
}

/**
 * The owner of the agent asks the approvers once more, in the threads of its cards; once for each request. Refuses
 * `forbidden` for everybody else who may see the request (`not_found` for those who may not), `already_nudged`, and
 * `already_decided` once there is nothing to wait for.
 */
@Injectable()
export class NudgeEscalation {
  constructor(
    private readonly store: Store,
    private readonly reads: ReadEscalation,
  ) {}

  async execute(person: string, id: string): Promise<Nudged | Refusal> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null) return MISSING;
    if (found.escalation.ownerId !== person) {
      const seen = await this.reads.forPerson(person, id);
      return isRefusal(seen) ? MISSING : refuse('forbidden', 'Only the owner of the agent may nudge.');
    }
    return this.store.run((tx) => this.nudge(tx, person, id));
  }

  private async nudge(
    tx: Pick<Transaction, 'escalations' | 'journal' | 'reminders'>,
    person: string,
    id: string,
  ): Promise<Nudged | Refusal> {
    const locked = await tx.escalations.lock(id);
    if (locked === null) return MISSING;
    const { escalation, now } = locked;
    const { status } = escalationState(escalation, now);
    if (status !== 'pending')
      return refuse('already_decided', `This request is already ${status}.`, { facts: { status } });
    if (!(await tx.reminders.give(id, 'nudge', now)))
      return refuse('already_nudged', 'This request was nudged before.');
    await tx.journal.record([about(escalation).says('escalation.nudged', { kind: 'person', id: person })], now);
    return { at: now };
  }
}
