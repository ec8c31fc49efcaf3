import { Injectable } from '@nestjs/common';
import type { Call } from '#domain/authority/coverage.js';
import type { CallerProof } from '#domain/caller-proof.js';
import { sha256Of } from '#domain/authority/digest.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { about, subjectOf } from '../about.js';
import { withdraw } from '../collect/approval-still-valid.js';
import { callFault } from './call-within.js';
import { isVerifierOf } from './verifiers.js';
import { endingAsSigned, findMintedToken } from '../minted-token.js';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import { RegistrySource, registryOf, Seals, Store, TokenMint, type Registry, type Transaction } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';
import type { HistoryEntry } from '../rows/history.js';
import type { TokenRow } from '../rows/token.js';
import { chainSound, useContent } from '../sealed-content.js';
import { grantState, isTokenLive, usesRemaining } from '../state-now.js';
import type { StoredUse } from './use-rows.js';

/** A call that a verifier is about to make, and the name by which it asks again. */
export interface AskedCall extends Call {
  readonly token: string;
  readonly callId: string;
}

export type ConsumeAnswer =
  | { readonly allowed: true; readonly use: number; readonly remaining: number | null; readonly replayed?: true }
  | {
      readonly allowed: false;
      readonly code: 'used_up' | 'digest_mismatch' | 'inactive' | 'action_not_granted';
      readonly replayed?: true;
    };

const INACTIVE: ConsumeAnswer = { allowed: false, code: 'inactive' };

/** A token and its grant under the locks, and what configuration and seals make of them. */
interface Held {
  readonly token: TokenRow;
  readonly grant: GrantRow;
  readonly now: number;
  readonly registry: Registry;
  readonly barred: boolean;
}

/**
 * A resource server asks before it acts: is exactly this call granted, and count it, at the grant and at all those above
 * it. Atomic under their locks and recorded either way; a grant that is not the one that was sealed ends here. The same
 * `call_id` with the same content repeats the first answer, marked, for as long as the call would be judged the same but
 * for the count; with other content it is refused. A row of a use counts only under its seal.
 */
@Injectable()
export class ConsumeToken {
  constructor(
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly seals: Seals,
    private readonly mint: TokenMint,
    private readonly tightening: PolicyTightening,
  ) {}

  /** @param proof how the verifier was proved, where nobody has asked the database about it */
  async execute(verifier: string, call: AskedCall, proof?: CallerProof): Promise<ConsumeAnswer | Refusal> {
    const found = await findMintedToken(this.mint, this.store.read, call.token);
    if (found === null) return INACTIVE;
    const registry = await registryOf(this.registry, proof);
    if (!isVerifierOf(registry, verifier, found.grant.resource)) return INACTIVE;
    const tightened = (await this.tightening.ofAll(escalationsInChain(found.grant), registry)) !== 'off';
    const { grant, token } = found;
    const use = { grant: grant.id, jti: token.jti, verifier, callId: call.callId };
    return this.store.runBatched({ agent: { uid: grant.agentUid }, use, ...(proof && { proof }) }, async (tx) => {
      await tx.agents.lockByUid(found.grant.agentUid);
      await tx.grants.lockAncestors(found.grant.parents);
      const locked = await tx.grants.lock(found.grant.id);
      const stored = await tx.tokens.byJti(found.token.jti);
      if (locked === null || stored === null) return INACTIVE;
      const { grant, now } = locked;
      const token = endingAsSigned(stored, found.claims);
      const sound = chainSound(this.seals, grant);
      const answer = await this.answer(tx, verifier, call, {
        token,
        grant,
        now,
        registry,
        barred: tightened || !sound,
      });
      if (!sound && grantState(grant, now).status === 'active')
        await withdraw(tx, grant, now, 'the grant is not the one that was sealed');
      return answer;
    });
  }

  private async answer(
    tx: Pick<Transaction, 'grants' | 'journal' | 'uses'>,
    verifier: string,
    call: AskedCall,
    held: Held,
  ): Promise<ConsumeAnswer | Refusal> {
    const callHash = sha256Of({ action: call.action, identifier: call.identifier, arguments: call.arguments });
    const earlier = await this.earlier(tx, verifier, call.callId, held);
    if (earlier !== undefined) {
      return earlier.callHash === callHash
        ? again(earlier, call, held)
        : refuse('idempotency_mismatch', 'This call_id was used for another call.', { facts: { status: 409 } });
    }
    const answer = judge(call, held);
    const { token, grant, now } = held;
    const { callId, action, identifier } = call;
    const use = { jti: token.jti, grantId: grant.id, verifier, callId, callHash, action, identifier, answer };
    await tx.uses.insert({ ...use, mac: this.seals.mac('use', useContent(use)) });
    if (answer.allowed) {
      await tx.uses.count([grant, ...grant.ancestors]);
      if (grant.heartbeatSeconds !== null) await tx.grants.recordHeartbeat(grant.id, now);
    }
    await tx.journal.record(historyOf(verifier, call, held, answer), now);
    return answer;
  }

  /** The sealed row of this call. One of another hand is told, and stands in nobody's way. */
  private async earlier(
    tx: Pick<Transaction, 'uses'>,
    verifier: string,
    callId: string,
    { token, grant }: Held,
  ): Promise<StoredUse | undefined> {
    const rows = await tx.uses.ofCall(token.jti, verifier, callId);
    return rows.filter((row) => this.seals.sound('use', row.id, useContent(row), row.mac, subjectOf(grant)))[0];
  }
}

/** The first answer once more, unless judging anew would say no for another reason than the count. */
function again(earlier: StoredUse, call: Call, held: Held): ConsumeAnswer {
  const stands = !held.barred && isTokenLive(held.token, held.grant, held.now);
  if (!stands || callFault(call, held.grant, held.registry) !== null) return INACTIVE;
  return { ...(earlier.answer as unknown as ConsumeAnswer), replayed: true };
}

function judge(call: Call, { token, grant, now, registry, barred }: Held): ConsumeAnswer {
  if (barred || !isTokenLive(token, grant, now)) return INACTIVE;
  const remaining = usesRemaining(grant);
  if (remaining === 0) return { allowed: false, code: 'used_up' };
  const code = callFault(call, grant, registry);
  if (code !== null) return { allowed: false, code };
  return { allowed: true, use: grant.uses + 1, remaining: remaining === null ? null : remaining - 1 };
}

/** The use as it is told of the grant and, when it counts, of each of those above it. */
function historyOf(verifier: string, call: AskedCall, { token, grant }: Held, answer: ConsumeAnswer): HistoryEntry[] {
  const actor = { kind: 'client', id: verifier } as const;
  const common = { action: call.action, identifier: call.identifier, call_id: call.callId };
  const own = about(grant).says(answer.allowed ? 'token.used' : 'token.use_refused', actor, {
    jti: token.jti,
    ...common,
    arguments_digest: call.arguments === null ? null : sha256Of(call.arguments),
    ...answer,
  });
  if (!answer.allowed) return [own];
  const ancestors = grant.ancestors.map((one, depth) => {
    const left = usesRemaining({ ...one, ancestors: grant.ancestors.slice(depth + 1) });
    const counted = { use: one.uses + 1, remaining: left === null ? null : left - 1, below: grant.id };
    return about(one).says('token.used', actor, { ...common, ...counted });
  });
  return [own, ...ancestors];
}
