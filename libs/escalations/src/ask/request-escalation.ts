import { Injectable } from '@nestjs/common';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { grantDigest, requestDigest } from '#domain/authority/digest.js';
import { askHash } from '#domain/authority/ask.js';
import { cappedByHanded } from '#domain/authority/handing-on.js';
import { withDeputies } from '#domain/approval/clock.js';
import { eligibleSitters } from '#domain/approval/eligibility.js';
import { seat } from '#domain/approval/quorum.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { afterAsking } from './jobs-after-asking.js';
import { crowding } from './asking-limits.js';
import { breakGlassRefusal, judgeAsk, type JudgedAsk } from '../judge/break-glass.js';
import { checkCatalog, type KnownAsk } from '../judge/check-catalog.js';
import { noEligibleApprovers, policyDenial } from '../judge/denials.js';
import { handedOn, handingDenial, type ParentGrant, ParentGrants } from './parent-grant.js';
import { Ids, RegistrySource, Seals, TokenMint, UnitOfWork, type Registry, type Transaction } from '../ports.js';
import type { StoredAnswer } from './stored-answer.js';
import type { AgentRow, Denial, EscalationRow, Granted, GrantRow } from '../rows.js';
import { keepAnswer, keptAnswer } from './kept-answers.js';
import { requestHistory } from './request-history.js';
import { policyContent } from '../sealed-content.js';
import { grantedAuthority, issueGrant } from '../settle.js';

export interface IdempotentCall {
  readonly route: string;
  readonly key: string;
  readonly bodyHash: string;
}

interface Decided {
  readonly policy: PolicyDecision;
  readonly denial: Denial | null;
  readonly granted: Granted | null;
  /** How break-glass was used; `null` when it was not. */
  readonly breakGlass: JudgedAsk['breakGlass'];
}

/** An ask as one attempt to write it has it. */
interface Ask {
  readonly agentId: string;
  readonly request: EscalationRequest;
  readonly registry: Registry;
  readonly known: KnownAsk;
  /** The grant that the work was handed on from. */
  readonly parent: ParentGrant | null;
}

/** What asking needs beside the transaction: whether a token can hold it, and from whom the work was handed on. */
@Injectable()
export class AskServices {
  constructor(
    readonly mint: TokenMint,
    readonly parents: ParentGrants,
  ) {}
}

/** What the create answered, now or the first time. */
export type CreateAnswer = Omit<StoredAnswer, 'mac'>;
/** What asking made, and the agent's own requests that wait for the same. */
export interface Created {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow | null;
  readonly like: readonly string[];
}

/** The presenter's half: what the wire answers, so that the same bytes can be stored with the idempotency key. */
export type PresentCreated = (created: Created, now: number) => { status: number; body: Record<string, unknown> };

/**
 * An agent asks for one task's authority: policy answers, and what it answered is written with the request.
 * Refuses unknown resources and actions (`not_requestable`), arguments outside their schema, a suspended agent,
 * too many calls, too many open asks, an ask that people have denied again and again, a break-glass that owes a reason or
 * a review, and an idempotency key that was used for something else.
 */
@Injectable()
export class RequestEscalation {
  constructor(
    private readonly registry: RegistrySource,
    private readonly unitOfWork: UnitOfWork,
    readonly seals: Seals,
    readonly ids: Ids,
    private readonly services: AskServices,
  ) {}

  /** @param parentToken the live access token of the agent that handed the work on; `null`: nobody did */
  async execute(
    agentId: string,
    asked: EscalationRequest,
    call: IdempotentCall | null,
    present: PresentCreated,
    parentToken: string | null = null,
  ): Promise<{ answer: CreateAnswer; replayed: boolean } | Refusal> {
    for (let attempt = 0; ; attempt += 1) {
      const registry = await this.registry.current();
      const known = checkCatalog(registry.catalog, agentId, asked);
      const replay = call === null ? null : await this.unitOfWork.run((tx) => this.replay(tx, agentId, call));
      if (replay !== null) return replay;
      if (isRefusal(known)) return known;
      const parent = parentToken === null ? null : await this.services.parents.of(parentToken);
      if (isRefusal(parent)) return parent;
      const request = parent === null ? asked : { ...asked, chain: parent.chain };
      const alg = known.resource.signingAlg;
      if (!this.services.mint.fits({ agentId, resource: request.resource, alg, request })) {
        return refuse('too_large', 'A token for this could not stay under 6 KiB.', {
          errors: [{ pointer: '/authorization_details', rule: 'must fit into a token' }],
        });
      }
      const made = await this.unitOfWork.run((tx) =>
        this.create(tx, { agentId, request, registry, known, parent }, call, present),
      );
      if (made !== 'config_moved') return made;
      if (attempt === 3) return refuse('unavailable', 'The configuration is being changed.', { retryAfterSeconds: 1 });
    }
  }

  private async replay(
    tx: Transaction,
    agentId: string,
    call: IdempotentCall,
  ): Promise<{ answer: StoredAnswer; replayed: true } | Refusal | null> {
    const stored = await keptAnswer(tx, this.seals, { caller: agentId, ...call });
    if (stored === null) return null;
    if (stored.bodyHash !== call.bodyHash) {
      return refuse('idempotency_mismatch', 'This Idempotency-Key was used with another body.');
    }
    return { answer: stored, replayed: true };
  }

  private async create(
    tx: Transaction,
    ask: Ask,
    call: IdempotentCall | null,
    present: PresentCreated,
  ): Promise<{ answer: CreateAnswer; replayed: boolean } | 'config_moved' | Refusal> {
    const { agentId, request, registry, known } = ask;
    if (call !== null) {
      if (!(await tx.claimIdempotencyKey(agentId, call.route, call.key))) {
        return refuse('in_progress', 'The first call with this Idempotency-Key is still under way.', {
          retryAfterSeconds: 1,
        });
      }
      const replay = await this.replay(tx, agentId, call);
      if (replay !== null) return replay;
    }
    const admitted = await this.admit(tx, registry, agentId);
    if (admitted === 'config_moved' || isRefusal(admitted)) return admitted;
    const { agent, now } = admitted;
    const facts = await tx.facts(agent.uid, known.actions);
    const judge = (other: EscalationRequest): PolicyDecision =>
      withDeputies(
        registry.decide({ agent: { id: agentId, groups: known.agent.groups }, request: other, facts, nowMs: now }),
        registry.catalog.groups,
      );
    const judged = judgeAsk(request, judge, registry.catalog, known.resource);
    const decided = await this.decide(tx, agent, judged, { ask, judge, now });
    const refusal = await this.refusalBefore(tx, ask, agent.uid, decided, now);
    if (refusal !== null) return refusal;

    const like = await tx.asks.openLike(agent.uid, askHash(request));
    const { escalation, grant } = await this.write(tx, ask, agent, decided, now);
    const presented = present({ escalation, grant, like }, now);
    const answer = {
      bodyHash: call?.bodyHash ?? '',
      status: presented.status,
      response: presented.body,
      escalationId: escalation.id,
    };
    if (call !== null) await keepAnswer(tx, this.seals, { caller: agentId, ...call }, answer);
    return { answer, replayed: false };
  }

  /**
   * Under the agent's lock: it lives, is not suspended, and has calls left in this minute. From here on the call is counted
   * once, whatever becomes of it: refusals are returned, not thrown, because what is thrown takes the count back.
   */
  private async admit(
    tx: Transaction,
    registry: Registry,
    agentId: string,
  ): Promise<{ agent: AgentRow; now: number } | 'config_moved' | Refusal> {
    const locked = await tx.lockAgent(agentId);
    if (locked === null) return refuse('unauthenticated', 'Unknown agent.');
    if (locked.agent.suspended) return refuse('forbidden', 'This agent is suspended. Contact its owner.');
    await tx.queueBehindAgent(locked.agent.uid);
    // Before the count: the next attempt is the same call.
    if ((await tx.configSeq()) !== registry.seq) return 'config_moved';
    const { calls, resetSeconds } = await tx.countCall(locked.agent.uid);
    if (calls <= registry.catalog.limits.createsPerMinute) return locked;
    return refuse('rate_limited', `At most ${registry.catalog.limits.createsPerMinute} creating calls a minute.`, {
      retryAfterSeconds: resetSeconds,
    });
  }

  /** What stands in the way of writing it at all: a debt of break-glass, or people who are asked too much already. */
  private async refusalBefore(
    tx: Transaction,
    { registry, known, request }: Ask,
    agentUid: string,
    decided: Decided,
    now: number,
  ): Promise<Refusal | null> {
    const waits = decided.denial === null && decided.granted === null;
    return (
      (decided.breakGlass === null ? null : breakGlassRefusal(request, await tx.breakGlass.owed(agentUid))) ??
      (waits
        ? await crowding(tx, registry.catalog.limits, { uid: agentUid, owner: known.agent.owner }, request, now)
        : null)
    );
  }

  private async decide(
    tx: Transaction,
    agent: AgentRow,
    { policy: uncapped, breakGlass }: JudgedAsk,
    { ask, judge, now }: { ask: Ask; judge: (other: EscalationRequest) => PolicyDecision; now: number },
  ): Promise<Decided> {
    const { request, known, parent } = ask;
    if (uncapped.outcome === 'deny')
      return { policy: uncapped, denial: policyDenial(uncapped, request, judge), granted: null, breakGlass: null };
    const policy = parent === null ? uncapped : cappedByHanded(uncapped, handedOn(parent, now));
    const denial = parent === null ? null : handingDenial(agent.id, request, parent, now);
    if (denial !== null) return { policy, denial, granted: null, breakGlass: null };
    if (policy.outcome === 'allow')
      return { policy, denial: null, granted: grantedAuthority(request, policy, []), breakGlass };
    const voters = await tx.votersOfGroups(policy.gates.map((gate) => gate.group));
    const ownersAbove = parent?.above.map((grant) => grant.ownerId) ?? [];
    const sitters = eligibleSitters(voters, policy.gates, {
      owner: known.agent.owner,
      chain: request.chain,
      ownersAbove,
    });
    if (seat(policy.gates, sitters).complete) return { policy, denial: null, granted: null, breakGlass };
    return { policy, denial: noEligibleApprovers(), granted: null, breakGlass: null };
  }

  private async write(
    tx: Transaction,
    { known, request, parent }: Ask,
    agent: AgentRow,
    { policy, denial, granted, breakGlass }: Decided,
    now: number,
  ): Promise<{ escalation: EscalationRow; grant: GrantRow | null }> {
    const parents = parent?.above.map((grant) => grant.id) ?? null;
    const id = this.ids.next('esc');
    const digest = requestDigest(id, agent.id, request, policy.version);
    const { cuts: _cuts, ...authority } = granted ?? { cuts: [] };
    const escalation = await tx.insertEscalation({
      id,
      birth: denial !== null ? 'refused' : granted !== null ? 'allowed' : 'requested',
      agentUid: agent.uid,
      agentId: agent.id,
      ownerId: known.agent.owner,
      resource: request.resource,
      digest,
      request,
      risk: known.risk,
      policyVersion: policy.version,
      policy,
      policyMac: this.seals.mac(
        'policy',
        policyContent({ id, agentUid: agent.uid, ownerId: known.agent.owner, digest, policy, parents }),
      ),
      askHash: askHash(request),
      deferralHash: this.seals.deferralHash(this.seals.deferralCode(id)),
      now,
      deadline: now + policy.windowSeconds * 1000,
      denial,
      granted,
      parents,
      grantDigest: granted === null ? null : grantDigest(id, digest, authority as Granted),
    });
    await tx.record(requestHistory(escalation, breakGlass), now);
    if (breakGlass !== null) {
      await tx.breakGlass.insert({ escalationId: id, agentUid: agent.uid, skipped: breakGlass.skipped, now });
      await tx.enqueue([{ topic: 'break_glass.notice', payload: { id } }]);
    }
    if (granted !== null) {
      return {
        escalation,
        grant: await issueGrant(
          tx,
          this,
          escalation,
          { granted, resource: known.resource },
          { kind: 'policy', id: policy.version },
          now,
        ),
      };
    }
    if (denial === null) await tx.enqueue(afterAsking(escalation));
    return { escalation, grant: null };
  }
}
