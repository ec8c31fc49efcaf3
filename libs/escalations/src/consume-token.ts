import { Injectable } from '@nestjs/common';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { sha256Of } from '#domain/authority/digest.js';
import type { JsonObject } from '#domain/json.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { isVerifierOf } from './introspect-token.js';
import { withdraw } from './approval-stands.js';
import { endingAsSigned, findMintedToken } from './minted-token.js';
import { lineOf } from './parent-grant.js';
import { RegistrySource, Seals, UnitOfWork, type Transaction } from './ports.js';
import { RedeemServices } from './redeem-grant.js';
import type { GrantRow, TokenRow } from './rows.js';
import { grantSound } from './sealed-content.js';
import { grantStanding, tokenLive, usesRemaining } from './standing.js';

export interface Call {
  readonly token: string;
  readonly action: string;
  readonly identifier: string | null;
  readonly arguments: JsonObject | null;
  readonly callId: string;
}

export type ConsumeAnswer =
  | { readonly allowed: true; readonly use: number; readonly remaining: number | null }
  | { readonly allowed: false; readonly code: 'used_up' | 'digest_mismatch' | 'inactive' | 'action_not_granted' };

const INACTIVE: ConsumeAnswer = { allowed: false, code: 'inactive' };

/**
 * A resource server asks before it acts: is exactly this call granted, and count it. Atomic under the grant's lock and
 * recorded either way; a grant that is not the one that was sealed ends here. The same `call_id` with the same content
 * repeats the first answer; with other content it is refused.
 */
@Injectable()
export class ConsumeToken {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly registry: RegistrySource,
    private readonly seals: Seals,
    private readonly services: RedeemServices,
  ) {}

  async execute(verifier: string, call: Call): Promise<ConsumeAnswer | Refusal> {
    const { mint, reader, tightening } = this.services;
    const found = await findMintedToken(mint, reader, call.token);
    if (found === null) return INACTIVE;
    const registry = await this.registry.current();
    if (!isVerifierOf(registry, verifier, found.grant.resource)) return INACTIVE;
    const tightened = (await tightening.ofAll(lineOf(found.grant), registry)) !== 'off';
    return this.unitOfWork.run(async (tx) => {
      await tx.lockAgentRow(found.grant.agentUid);
      const locked = await tx.lockGrant(found.grant.id);
      const stored = await tx.token(found.token.jti);
      if (locked === null || stored === null) return INACTIVE;
      const { grant, now } = locked;
      const token = endingAsSigned(stored, found.claims);
      const sound = grantSound(this.seals, grant);
      const answer = await this.answer(tx, verifier, call, { token, barred: tightened || !sound, grant, now });
      if (!sound && grantStanding(grant, now).status === 'active')
        await withdraw(tx, grant, now, 'the grant is not the one that was sealed');
      return answer;
    });
  }

  private async answer(
    tx: Transaction,
    verifier: string,
    call: Call,
    { token, grant, now, barred }: { token: TokenRow; grant: GrantRow; now: number; barred: boolean },
  ): Promise<ConsumeAnswer | Refusal> {
    const callHash = sha256Of({ action: call.action, identifier: call.identifier, arguments: call.arguments });
    const earlier = await tx.findUse(token.jti, verifier, call.callId);
    if (earlier !== null) {
      return earlier.callHash === callHash
        ? (earlier.answer as unknown as ConsumeAnswer)
        : refuse('idempotency_mismatch', 'This call_id was used for another call.', { facts: { status: 409 } });
    }
    const answer = barred ? INACTIVE : judge(call, token, grant, now);
    await tx.insertUse({
      jti: token.jti,
      grantId: grant.id,
      verifier,
      callId: call.callId,
      callHash,
      action: call.action,
      identifier: call.identifier,
      answer: { ...answer },
    });
    if (answer.allowed) {
      await tx.changeGrant(grant.id, grant.version, { change: 'used', now });
      if (grant.heartbeatSeconds !== null) await tx.hearOf(grant.id, now);
    }
    await tx.record(
      [
        {
          type: answer.allowed ? 'token.used' : 'token.use_refused',
          actor: { kind: 'client', id: verifier },
          escalation: grant.escalationId,
          grant: grant.id,
          agent: grant.agentId,
          data: {
            jti: token.jti,
            action: call.action,
            identifier: call.identifier,
            arguments_digest: call.arguments === null ? null : sha256Of(call.arguments),
            call_id: call.callId,
            ...answer,
          },
        },
      ],
      now,
    );
    return answer;
  }
}

function judge(call: Call, token: TokenRow, grant: GrantRow, now: number): ConsumeAnswer {
  const remaining = usesRemaining(grant);
  if (!tokenLive(token, grant, now)) {
    const onlyUsedUp = remaining === 0 && tokenLive(token, { ...grant, maxUses: null }, now);
    return onlyUsedUp ? { allowed: false, code: 'used_up' } : INACTIVE;
  }
  const naming = grant.granted.authorization_details.filter((element) => element.actions.includes(call.action));
  if (naming.length === 0) return { allowed: false, code: 'action_not_granted' };
  if (!naming.some((element) => fits(element, call))) return { allowed: false, code: 'digest_mismatch' };
  return { allowed: true, use: grant.uses + 1, remaining: remaining === null ? null : remaining - 1 };
}

/** An element that names an identifier or arguments needs exactly these in the call. */
function fits(element: ToolCall, call: Call): boolean {
  if (element.identifier !== undefined && element.identifier !== call.identifier) return false;
  if (element.arguments === undefined) return true;
  return call.arguments !== null && canonicalJson(element.arguments) === canonicalJson(call.arguments);
}
