import { Injectable } from '@nestjs/common';
import type { CallerProof } from '#domain/caller-proof.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { keepAnswer, keptAnswer } from './ask/kept-answers.js';
import type { Needs } from './needs.js';
import { Seals, Store, type Transaction } from './ports.js';
import type { KeptCall, StoredAnswer } from './ask/stored-answer.js';

/** A call that may come again: under which Idempotency-Key, and with which body. */
export interface IdempotentCall extends KeptCall {
  readonly bodyHash: string;
}

/** What is answered to a call that creates something, as far as it may be kept: no secret is in it. */
export type KeepableAnswer = Pick<StoredAnswer, 'status' | 'response' | 'escalationId'>;

interface FirstAnswer<First extends KeepableAnswer> {
  readonly answer: First;
  readonly replayed: false;
}

interface ReplayedAnswer {
  readonly answer: KeepableAnswer;
  readonly replayed: true;
}

/** Something to create, in two halves. */
export interface Creation<Ready, Made extends object> {
  /** Reads what it takes, outside any transaction. */
  prepare(): Promise<Ready | Refusal>;
  /** What the writing locks and reads. */
  needs(ready: Ready): Needs;
  /** Writes it in one transaction; `CONFIGURATION_MOVED` where what was prepared is out of date. What it refuses is committed too. */
  create(tx: Transaction, ready: Ready): Promise<Made | Refusal>;
}

/** The configuration is another one than the one that was read before the locks: everything is done again, a few times. */
export const CONFIGURATION_MOVED = refuse('unavailable', 'The configuration is being changed.', {
  retryAfterSeconds: 1,
});
const ATTEMPTS = 4;

/**
 * Creates what one call asks for, once however often the call comes: the answer is kept under the call's Idempotency-Key in
 * the transaction that writes what was created. A call without a key is done each time.
 */
@Injectable()
export class AnswerOnce {
  constructor(
    private readonly store: Store,
    private readonly seals: Seals,
  ) {}

  /**
   * @param answerTo what is answered to what was created: kept, and given again whenever the call comes again. What it has
   * beside the members that are kept is for the first time alone
   * @param proof how the caller was proved, where nobody has asked the database about it
   * @returns the answer, now or of the first time. Refuses what the creation refuses, a key that was used with another body,
   * and one whose first call is still under way.
   */
  async answer<Ready, Made extends object, First extends KeepableAnswer = KeepableAnswer>(
    call: IdempotentCall | null,
    creation: Creation<Ready, Made>,
    answerTo: (made: Made) => First,
    proof?: CallerProof,
  ): Promise<FirstAnswer<First> | ReplayedAnswer | Refusal> {
    for (let attempt = 1; ; attempt += 1) {
      const ready = await creation.prepare();
      // What is refused now may have been answered before.
      if (isRefusal(ready))
        return (call === null ? null : await this.store.run((tx) => this.replay(tx, call))) ?? ready;
      const needs = { ...creation.needs(ready), ...(call !== null && { call }), ...(proof && { proof }) };
      const made = await this.store.runBatched(needs, async (tx) => {
        const first = call === null ? null : await this.claim(tx, call);
        return first ?? this.keep(tx, call, await creation.create(tx, ready), answerTo);
      });
      if (made !== CONFIGURATION_MOVED || attempt === ATTEMPTS) return made;
    }
  }

  /** Takes the key for this transaction, or says what is answered instead. */
  private async claim(
    tx: Pick<Transaction, 'idempotency'>,
    call: IdempotentCall,
  ): Promise<ReplayedAnswer | Refusal | null> {
    if (await tx.idempotency.claim(call.caller, call.route, call.key)) return this.replay(tx, call);
    return refuse('in_progress', 'The first call with this Idempotency-Key is still under way.', {
      retryAfterSeconds: 1,
    });
  }

  private async replay(
    tx: Pick<Transaction, 'idempotency'>,
    call: IdempotentCall,
  ): Promise<ReplayedAnswer | Refusal | null> {
    const answer = await keptAnswer(tx, this.seals, call);
    if (answer === null) return null;
    if (answer.bodyHash === call.bodyHash) return { answer, replayed: true };
    return refuse('idempotency_mismatch', 'This Idempotency-Key was used with another body.', {
      ...(answer.escalationId !== null && { facts: { escalation: answer.escalationId } }),
    });
  }

  private async keep<Made extends object, First extends KeepableAnswer>(
    tx: Pick<Transaction, 'idempotency'>,
    call: IdempotentCall | null,
    made: Made | Refusal,
    answerTo: (made: Made) => First,
  ): Promise<FirstAnswer<First> | Refusal> {
    if (isRefusal(made)) return made;
    const answer = answerTo(made);
    const { status, response, escalationId } = answer;
    if (call !== null)
      await keepAnswer(tx, this.seals, call, { bodyHash: call.bodyHash, status, response, escalationId });
    return { answer, replayed: false };
  }
}
