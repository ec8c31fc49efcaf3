import { instant } from '#domain/instant.js';
import { timetableOf, isTaken, asDeputy } from '#domain/approval/timetable.js';
import { seat } from '#domain/approval/quorum.js';
import { authorityWithin, narrow } from '#domain/authority/narrowing.js';
import type { PersonName } from '#domain/person-name.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import type { SaidCall } from '#domain/words/said-call.js';
import { usesOf, type EventRow, type GrantStory, type UseRow } from '#escalations/watch/history.js';
import type { EscalationStory } from '#escalations/watch/read-escalation.js';
import { presentBreakGlass } from './ask/break-glass-presenters.js';
import type { EscalationRow, Granted } from '#escalations/rows/escalation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { TokenRow } from '#escalations/rows/token.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import { escalationState, grantState, heartbeatDeadline, usesRemaining } from '#escalations/state-now.js';
import { endedByKill } from '#escalations/counting-votes.js';

type Wire = Record<string, unknown>;

/** An escalation as its agent sees it: the approvers' names are not in here. */
export function presentEscalation({ escalation, grant, votes, now, typicalSeconds }: EscalationStory): Wire {
  const state = escalationState(escalation, now);
  const { policy } = escalation;
  return {
    id: escalation.id,
    status: state.status,
    digest: escalation.digest,
    created_at: instant(escalation.createdAt),
    expires_at: instant(escalation.deadline),
    decided_at: instant(state.decidedAt),
    resource: escalation.resource,
    task: escalation.request.task,
    parent: escalation.parents?.[0] ?? null,
    policy: { outcome: policy.outcome, version: escalation.policyVersion, determining: policy.determining },
    approval:
      policy.outcome === 'require_approval'
        ? {
            groups: presentGates(escalation, votes, now),
            window_seconds: policy.windowSeconds,
          }
        : null,
    clock:
      policy.outcome === 'require_approval'
        ? { steps: presentSteps(escalation, now), eta_seconds: etaOf(escalation, typicalSeconds ?? null, now) }
        : null,
    granted: escalation.granted === null ? null : presentGranted(escalation, escalation.granted, votes),
    denial: escalation.denial,
    cancellation: state.status === 'cancelled' ? presentCancellation(escalation.cancelCause) : null,
    grant: grant === null ? null : presentGrantState(grant, now),
  };
}

/** The broker is named for what time, a suspension or an operator brought about. */
function presentCancellation(cause: string | null): Wire {
  const by = cause === 'cancelled_by_agent' ? 'agent' : cause === 'configuration' ? 'configuration' : 'broker';
  return { by, cause };
}

function presentGranted(escalation: EscalationRow, granted: Granted, votes: readonly VoteRow[]): Wire {
  return {
    resource: escalation.resource,
    authorization_details: granted.authorization_details,
    requested_ttl: granted.ttl,
    ttl: granted.ttl,
    max_uses: granted.max_uses,
    cuts: granted.cuts,
    cut_reasons: cutReasons(
      granted,
      votes.filter((vote) => !endedByKill(vote, escalation.decidedAt)),
    ),
  };
}

/** What those who approved for less wrote to the agent, oldest first, without their names. */
function cutReasons(granted: Granted, votes: readonly VoteRow[]): string[] {
  const { cuts: _cuts, ...authority } = granted;
  return votes.flatMap(({ verdict, limits, reason }) => {
    if (verdict !== 'approve' || limits === null || reason === null || reason === '') return [];
    // A vote that did not count at the end has cut nothing.
    return authorityWithin(authority, narrow(authority, limits)) ? [reason] : [];
  });
}

/**
 * How far each group is. A vote counts where it is seated; while groups overlap, a later vote may move it. What a kill
 * switch ended before the decision did not count towards it.
 */
function presentGates(escalation: EscalationRow, votes: readonly VoteRow[], now: number): Wire[] {
  const gates = escalation.policy.gates;
  const { decidedAt } = escalationState(escalation, now);
  const approvals = votes.filter((vote) => vote.verdict === 'approve' && !endedByKill(vote, decidedAt));
  const { seated } = seat(
    gates,
    approvals.map(({ person, groups }) => asDeputy({ person, groups }, escalation, now)),
  );
  return gates.map((gate) => ({ id: gate.group, quorum: gate.quorum, approved: seated[gate.group]?.length ?? 0 }));
}

/** What the clock does while people decide. Groups are not named: which deputy is asked is no matter of the agent's. */
function presentSteps(escalation: EscalationRow, now: number): Wire[] {
  const until = Math.min(now, escalationState(escalation, now).decidedAt ?? now);
  const steps = timetableOf(escalation).map((one) => ({
    at: instant(one.at),
    step: one.step,
    done: isTaken(escalation, one, escalation.reminded, until),
  }));
  return steps.filter(({ step, at }, index) => steps.findIndex((one) => one.step === step && one.at === at) === index);
}

/** Seconds left until people usually decide; 0 when they take longer than usual, `null` when nobody waits or nobody knows. */
function etaOf(escalation: EscalationRow, typicalSeconds: number | null, now: number): number | null {
  if (typicalSeconds === null || escalationState(escalation, now).status !== 'pending') return null;
  return Math.max(0, Math.round(typicalSeconds - (now - escalation.createdAt) / 1_000));
}

/** What the agent needs to know of its grant. */
export function presentGrantState(grant: GrantRow, now: number): Wire {
  const state = grantState(grant, now);
  return {
    id: grant.id,
    status: state.status,
    ready_until: instant(grant.readyUntil),
    expires_at: instant(grant.expiresAt),
    ended_at: instant(state.endedAt),
    end_reason: state.endReason,
    heartbeat_seconds: grant.heartbeatSeconds,
    silent_at: instant(state.status === 'active' ? heartbeatDeadline(grant) : null),
  };
}

/** An escalation as people see it: the whole request, who voted, why policy asked. */
export function presentEscalationForPeople(story: EscalationStory, words: CatalogWords): Wire {
  const { escalation, votes } = story;
  const nameOf = words.person;
  return {
    ...presentEscalation(story),
    agent: escalation.agentId,
    agent_name: words.agent(escalation.agentId),
    resource_name: words.resource(escalation.resource),
    owner: escalation.ownerId,
    owner_name: nameOf(escalation.ownerId),
    risk: escalation.risk,
    request: escalation.request,
    calls: words.calls(escalation.resource, escalation.request.authorization_details).map(presentCall),
    reasons: escalation.policy.reasons,
    facts: escalation.policy.facts,
    grant_digest: escalation.grantDigest,
    break_glass: presentBreakGlass(escalation.breakGlass),
    votes: votes.map((vote) => presentVote(vote, nameOf)),
  };
}

/** A call as people are told it, for whoever shows it beside the raw one. */
export function presentCall(call: SaidCall): Wire {
  return {
    ...call,
    arguments:
      call.arguments?.map(({ name, title, value, shown, readByPolicy }) => ({
        name,
        title,
        value,
        shown,
        read_by_policy: readByPolicy,
      })) ?? null,
  };
}

function presentVote(vote: VoteRow, nameOf: PersonName): Wire {
  const { id, person, verdict, digest, reason, limits, via, stepUp } = vote;
  return {
    id,
    person,
    name: nameOf(person),
    verdict,
    digest,
    reason,
    limits,
    via,
    at: instant(vote.at),
    step_up: stepUp,
  };
}

/** A grant in a list, or at the head of its story. */
export function presentGrant(grant: GrantRow, now: number): Wire {
  return {
    ...presentGrantState(grant, now),
    escalation: grant.escalationId,
    parent: grant.parents?.[0] ?? null,
    agent: grant.agentId,
    resource: grant.resource,
    actions: grant.actions,
    granted: grant.granted,
    digest: grant.digest,
    grant_digest: grant.grantDigest,
    uses: grant.uses,
    uses_remaining: usesRemaining(grant),
    outcome: grant.outcome,
    created_at: instant(grant.createdAt),
    activated_at: instant(grant.activatedAt),
  };
}

function presentToken(token: TokenRow, grant: GrantRow, now: number): Wire {
  const ended = grantState(grant, now).endedAt;
  const ends = [token.endedAt, ended, now >= token.expiresAt ? token.expiresAt : null].filter(
    (at): at is number => at !== null,
  );
  return {
    jti: token.jti,
    kid: token.kid,
    minted_at: instant(token.mintedAt),
    expires_at: instant(token.expiresAt),
    ended_at: ends.length === 0 ? null : instant(Math.min(...ends)),
  };
}

function presentUse(use: UseRow): Wire {
  const { jti, verifier, action, identifier } = use;
  return { jti, verifier, call_id: use.callId, action, identifier, ...use.answer, at: instant(use.at) };
}

/** One event of the history. */
export function presentEvent(event: EventRow): Wire {
  const { seq, id, type, actor, escalation, grant, agent, data } = event;
  return { seq: Number(seq), id, at: instant(event.at), type, actor, escalation, grant, agent, data };
}

function presentPolicy({ policy, policyVersion }: EscalationRow): Wire {
  return { outcome: policy.outcome, version: policyVersion, determining: policy.determining };
}

/** Everything that is known of a grant, for auditors. */
export function presentGrantStory(story: GrantStory, words: CatalogWords): Wire {
  const { grant, escalation, votes, now } = story;
  return {
    grant: presentGrant(grant, now),
    escalation: presentEscalationForPeople({ escalation, grant, votes, now }, words),
    policy: {
      ...presentPolicy(escalation),
      reasons: escalation.policy.reasons,
      facts: escalation.policy.facts,
    },
    votes: votes.map((vote) => presentVote(vote, words.person)),
    tokens: story.tokens.map((token) => presentToken(token, grant, now)),
    uses: usesOf(story).map(presentUse),
    events: story.events.map(presentEvent),
  };
}

/** The same without what an agent may not know: who approved, by which facts. */
export function presentGrantStoryForAgent(story: GrantStory): Wire {
  const { grant, escalation, now } = story;
  const own = story.events.filter((event) => /^(grant|token)\.|^escalation\./.test(event.type));
  return {
    grant: presentGrant(grant, now),
    escalation: presentEscalation({ escalation, grant, votes: story.votes, now }),
    policy: presentPolicy(escalation),
    tokens: story.tokens.map((token) => presentToken(token, grant, now)),
    uses: usesOf(story).map(presentUse),
    events: own.map((event) => {
      const hidden = event.actor.kind === 'person' ? { kind: 'person', id: null } : event.actor;
      const { approvers: _approvers, policy: _policy, deputy: _deputy, ...data } = event.data;
      return { seq: Number(event.seq), at: instant(event.at), type: event.type, actor: hidden, data };
    }),
  };
}
