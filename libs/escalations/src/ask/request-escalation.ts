import { Injectable } from '@nestjs/common';
import { askHash } from '#domain/authority/ask.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { Steps } from '#domain/steps.js';
import type { Creation } from '../answer-once.js';
import { judgeRequest } from './judge-request.js';
import { findInCatalog, fitIntoToken, followParent, type Ask, type Asked, type ReadyAsk } from './read-ask.js';
import { refuseCrowding } from './refuse-crowding.js';
import { refuseWaiting } from './refuse-waiting.js';
import { setGoing, type AskMade } from './set-going.js';
import { waitTurn, type AskInTransaction } from './wait-turn.js';
import { writeRequest } from './write-request.js';
import { ParentGrants } from './parent-grant.js';
import { Ids, RegistrySource, Seals, TokenMint } from '../ports.js';

/** Before the locks: what is asked for, by whom, and on whose behalf. */
const READ = Steps.over<Asked, Refusal>(isRefusal).step(findInCatalog).step(followParent).step(fitIntoToken);

/** In one transaction: from the agent's lock to the card that people read. */
const DECIDE_AND_WRITE = Steps.over<AskInTransaction, Refusal>(isRefusal)
  .step(waitTurn)
  .step(judgeRequest)
  .step(refuseWaiting)
  .step(refuseCrowding)
  .step(writeRequest)
  .step(setGoing);

/**
 * An agent asks for one task's authority: policy answers, and what it answered is written with the request. `AnswerOnce`
 * runs it, so that a call that comes again under its Idempotency-Key is answered before any of these steps.
 * Refuses unknown resources and actions (`not_requestable`), arguments outside their schema, a suspended agent,
 * too many calls, too many open asks, an ask that people have denied again and again, and a break-glass that owes a reason
 * or a review.
 */
@Injectable()
export class RequestEscalation {
  constructor(
    readonly registry: RegistrySource,
    readonly mint: TokenMint,
    readonly parents: ParentGrants,
    readonly seals: Seals,
    readonly ids: Ids,
  ) {}

  /** The request that this ask makes, denied, granted or waiting for people, for `AnswerOnce` to create. */
  of(ask: Ask): Creation<ReadyAsk, AskMade> {
    return {
      prepare: () => READ.run({ ...ask, ports: this }),
      needs: ({ agentId, registry, known, request }) => ({
        agent: { id: agentId },
        turn: { seq: registry.seq, actions: known.actions, askHash: askHash(request) },
      }),
      create: (tx, ready) => DECIDE_AND_WRITE.run({ ...ready, tx }),
    };
  }
}
