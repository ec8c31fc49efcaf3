import { Injectable } from '@nestjs/common';
import type { CallerProof } from '#domain/caller-proof.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { resourceIn } from '#domain/catalog.js';
import { isRefusal, refuse, RefusalError, type Refusal } from '#domain/refusal.js';
import { AnswerOnce, type Creation, type IdempotentCall, type KeepableAnswer } from '../answer-once.js';
import type { AskedHere, ReadyAsk } from '../ask/read-ask.js';
import { RequestEscalation } from '../ask/request-escalation.js';
import type { AskMade } from '../ask/set-going.js';
import { registryOf } from '../ports.js';
import type { Denial } from '../rows/escalation.js';
import { mintFirst } from './first-token.js';
import { RedeemGrant } from './redeem-grant.js';
import { GrantTokens, termsOf, type Redeemed } from './write-token.js';

/** An ask whose answer is the token itself. */
export interface TokenAsk {
  readonly agentId: string;
  readonly asked: EscalationRequest;
  readonly here: AskedHere;
  /** `null` without an Idempotency-Key. */
  readonly call: IdempotentCall | null;
  /** How the agent was proved, where nobody has asked the database about it. */
  readonly proof?: CallerProof;
}

/** What came of it. `replayed`: the same call was answered before. */
export type TokenAnswer = { readonly escalationId: string; readonly replayed: boolean } & (
  | { readonly outcome: 'token'; readonly redeemed: Redeemed }
  /** It was given for this call before, and cannot be given again. */
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'pending'; readonly deferralCode: string; readonly expiresInSeconds: number }
  | { readonly outcome: 'denied'; readonly denial: Denial; readonly determining: readonly string[] }
);

type Made = AskMade & { readonly redeemed: Redeemed | null };
type First = KeepableAnswer & Pick<Made, 'redeemed'>;

const HELD = refuse('unavailable', 'The broker was restored from a backup; an operator has to review that first.');

/**
 * Asks for a token in one call: the request is made as over REST, and where policy allows it its grant is collected in the
 * same transaction. What people decide is redeemed later; refused, where the agent does not wait. A token is kept nowhere:
 * a call that comes again under its Idempotency-Key collects it as a lost answer of a redemption, with all that is checked there.
 */
@Injectable()
export class AskForToken {
  constructor(
    private readonly requests: RequestEscalation,
    private readonly once: AnswerOnce,
    private readonly tokens: GrantTokens,
    private readonly redemptions: RedeemGrant,
  ) {}

  /** Refuses what `RequestEscalation` refuses, what people decide where nobody waits, and all minting until a restore is reviewed. */
  async execute(ask: TokenAsk): Promise<TokenAnswer | Refusal> {
    const { catalog } = await registryOf(this.requests.registry, ask.proof);
    const alg = resourceIn(catalog, ask.asked.resource)?.signingAlg ?? null;
    const work = () => this.once.answer(ask.call, this.creation(ask), answerTo, ask.proof);
    const answered = await this.tokens.withKeysLearnt(alg, work).catch(refusalIn);
    if (isRefusal(answered)) return answered;
    const { answer, replayed } = answered;
    const escalationId = String(answer.escalationId);
    const redeemed = replayed ? await this.redeemedBefore(ask, answer) : answer.redeemed;
    return { escalationId, replayed, ...this.outcomeOf(answer, redeemed) };
  }

  /** The request and its first token, in the transaction of `AnswerOnce`. */
  private creation({ agentId, asked, here, call, proof }: TokenAsk): Creation<ReadyAsk, Made> {
    const request = this.requests.of({ agentId, asked, parentToken: null, here, proof });
    return {
      prepare: () => request.prepare(),
      needs: (ready) => ({ ...request.needs(ready), ...this.tokens.signingNeeds(ready.known.resource.signingAlg) }),
      create: async (tx, ready) => {
        const made = await request.create(tx, ready);
        if (isRefusal(made) || made.grant === null) return isRefusal(made) ? made : { ...made, redeemed: null };
        const { escalation, grant, now } = made;
        // Nothing of the request may stay either: it would be one more with every attempt.
        if (grant.held) throw new RefusalError(HELD);
        const terms = termsOf(ready.known.resource, escalation);
        const redeemed = await mintFirst(
          tx,
          this.tokens,
          { escalation, grant, terms, redeemKey: call?.key ?? null },
          now,
        );
        return { ...made, redeemed };
      },
    };
  }

  private async redeemedBefore({ agentId, call }: TokenAsk, kept: KeepableAnswer): Promise<Redeemed | null> {
    if (kept.response['outcome'] !== 'token' || call === null) return null;
    const code = this.requests.seals.deferralCode(String(kept.escalationId));
    const again = await this.redemptions.execute(agentId, code, call.key);
    return 'error' in again ? null : again;
  }

  private outcomeOf({ escalationId, response }: KeepableAnswer, redeemed: Redeemed | null) {
    if (redeemed !== null) return { outcome: 'token', redeemed } as const;
    const kept = response as Kept;
    if (kept.outcome === 'token') return { outcome: 'spent' } as const;
    if (kept.outcome === 'denied') return kept;
    const deferralCode = this.requests.seals.deferralCode(String(escalationId));
    return { outcome: 'pending', deferralCode, expiresInSeconds: kept.expiresInSeconds } as const;
  }
}

/** What is kept of an answer. */
type Kept =
  | { readonly outcome: 'token' }
  | { readonly outcome: 'pending'; readonly expiresInSeconds: number }
  | { readonly outcome: 'denied'; readonly denial: Denial; readonly determining: readonly string[] };

function answerTo({ escalation, redeemed, now }: Made): First {
  const { id, denial, policy, deadline } = escalation;
  const kept: Kept =
    redeemed !== null
      ? { outcome: 'token' }
      : denial !== null
        ? { outcome: 'denied', denial, determining: policy.determining }
        : { outcome: 'pending', expiresInSeconds: Math.round((deadline - now) / 1_000) };
  return { status: redeemed === null ? 400 : 200, response: { ...kept }, escalationId: id, redeemed };
}

/** The refusal that was thrown to take everything back; throws anything else. */
function refusalIn(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  throw error;
}
