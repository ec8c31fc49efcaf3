import { Injectable } from '@nestjs/common';
import { approveIn } from '#domain/approval/signed-approval.js';
import { askedDeputies, timetableOf, sittersAt, asDeputy, type AskedDeputy } from '#domain/approval/timetable.js';
import { isOf, type Voter } from '#domain/approval/eligibility.js';
import { seat, type Sitter } from '#domain/approval/quorum.js';
import { cutsBetween, narrow } from '#domain/authority/narrowing.js';
import { type Catalog, resourceIn } from '#domain/catalog.js';
import type { PersonName } from '#domain/person-name.js';
import { ratedCalls } from '#domain/words/call-lines.js';
import { momentOf } from '#escalations/watch/context/before.js';
import type { EventRow } from '#escalations/watch/history.js';
import { Inbox } from '#escalations/watch/inbox.js';
import { Store, RegistrySource, type Registry } from '#escalations/ports.js';
import { ReadEscalation, type EscalationStory } from '#escalations/watch/read-escalation.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import { escalationState, grantState } from '#escalations/state-now.js';
import { endedByKill } from '#escalations/counting-votes.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { explain, voices } from '#policy/explain.js';
import type { LoadedCard } from '#slack/cards/publish-card.js';
import type {
  ApprovalCardModel,
  CardAgentRecord,
  CardDecision,
  CardEnding,
  CardGate,
} from '#slack/views/card/card-model.js';

type CardModel = LoadedCard['model'];

/** What a card shows beside the request and its votes. */
interface Surroundings {
  readonly registry: Registry;
  readonly voters: readonly Voter[];
  readonly record: CardAgentRecord;
  /** How it was denied or cancelled. */
  readonly ended: EventRow | null;
  readonly issuer: string;
}

/** Reads an escalation as its cards show it: the stored rows, judged now, with the names of the catalog in force. */
@Injectable()
export class CardModelLoader {
  constructor(
    private readonly read: ReadEscalation,
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly broker: BrokerIdentity,
  ) {}

  /** The card of this escalation, which state that is and its channels; `null` for an unknown id. */
  async load(escalationId: string): Promise<LoadedCard | null> {
    const story = await this.read.load(escalationId);
    return story === null ? null : this.of(story);
  }

  /** The same for a story that was already read. */
  async of(story: EscalationStory): Promise<LoadedCard> {
    const { escalation, grant } = story;
    const [registry, voters, record, ended] = await Promise.all([
      this.registry.current(),
      this.votersOf(story.votes),
      this.recordOf(escalation, story.now),
      this.endOf(escalation),
    ]);
    const deputies = askedDeputies(escalation, escalationState(escalation, story.now).decidedAt ?? story.now);
    return {
      model: cardModel(story, { registry, voters, record, ended, issuer: this.broker.issuer }),
      // A use changes the grant and nothing that its card shows.
      version: escalation.version + (grant === null ? 0 : grant.version - grant.uses),
      // Whatever a switch has ended, it ended for good: the sum only grows.
      minor: (deputies.length > 0 ? 1 : 0) + story.votes.filter((vote) => endedByKill(vote)).length,
      channels: channelsOf(escalation, deputies, registry.catalog),
    };
  }

  private async votersOf(votes: readonly VoteRow[]): Promise<Voter[]> {
    const people = [...new Set(votes.map((vote) => vote.person))];
    const voters = await Promise.all(people.map((person) => this.store.read.people.byId(person)));
    return voters.filter((voter) => voter !== null);
  }

  /** The event of its denial or cancellation. Neither leaves a grant, so there are few events to look through. */
  private async endOf({ id, status }: EscalationRow): Promise<EventRow | null> {
    if (status !== 'denied' && status !== 'cancelled') return null;
    return (await this.inbox.events(id)).find(({ type }) => type === `escalation.${status}`) ?? null;
  }

  /** As it is now while people decide; afterwards as it was before the end, which is what they had before them. */
  private async recordOf(escalation: EscalationRow, now: number): Promise<CardAgentRecord> {
    const [{ recentGrants: recent, sameAsk }, { words }] = await Promise.all([
      this.store.read.before.of(escalation.id, momentOf(escalation, now)),
      this.registry.current(),
    ]);
    const { approved, denied, last, denials } = sameAsk;
    return {
      recent: recent.map(({ lastAt, ...grant }) => ({ ...grant, lastAtSeconds: seconds(lastAt) })),
      sameAsk: {
        approved,
        denied,
        last: last === null ? null : { status: last.status, atSeconds: seconds(last.at) },
        denials: denials.map(({ by, reason }) => ({ by: by.kind === 'person' ? words.person(by.id) : by.id, reason })),
      },
    };
  }
}

function cardModel(story: EscalationStory, surroundings: Surroundings): CardModel {
  const { registry, voters, record, issuer } = surroundings;
  const { catalog, words } = registry;
  const { escalation, votes, now } = story;
  const { request, policy } = escalation;
  const resource = resourceIn(catalog, escalation.resource);
  const nameOf = words.person;
  return {
    escalationId: escalation.id,
    digest: escalation.digest,
    status: escalationState(escalation, now).status,
    breakGlass: escalation.breakGlass !== null,
    agent: {
      id: escalation.agentId,
      name: words.agent(escalation.agentId),
      owner: nameOf(escalation.ownerId),
      onBehalfOf: request.chain,
      ...(escalation.parents === null ? {} : { under: escalation.parents }),
    },
    resource: {
      id: escalation.resource,
      name: words.resource(escalation.resource),
      environment: resource?.environment ?? null,
      classification: resource?.classification ?? null,
    },
    calls: ratedCalls(words.calls(escalation.resource, request.authorization_details), resource, escalation.risk),
    requestedTtl: request.requested_ttl,
    maxUses: request.max_uses,
    risk: escalation.risk,
    whyYou: {
      text: explain(policy),
      because: voices(policy),
      policies: policy.determining,
      policyVersion: escalation.policyVersion,
    },
    gates: cardGates(story, voters, nameOf),
    createdAtSeconds: seconds(escalation.createdAt),
    expiresAtSeconds: seconds(escalation.deadline),
    next: nextAsked(escalation, now),
    approveIn: approveIn(policy),
    consoleUrl: `${issuer}/escalations/${escalation.id}`,
    record,
    decidedBy: votes.map((vote) => decisionOf(vote, escalation, now, nameOf)),
    denialReason: escalation.denial?.reason ?? null,
    ending: surroundings.ended === null ? null : endingOf(surroundings.ended, nameOf),
    granted: grantedOf(escalation),
    grant: grantOf(story),
    task: request.task,
    justification: request.justification,
    evidence: request.evidence,
  };
}

function endingOf({ actor, at, data: { cause } }: EventRow, nameOf: PersonName): CardEnding {
  const by = actor.kind === 'person' ? nameOf(actor.id) : actor.kind === 'client' ? actor.id : null;
  return { by, cause: typeof cause === 'string' ? cause : null, atSeconds: seconds(at) };
}

/** A vote with what its limits alone would take from the ask. */
function decisionOf(vote: VoteRow, row: EscalationRow, now: number, nameOf: PersonName): CardDecision {
  const { authorization_details, requested_ttl: ttl, max_uses } = row.request;
  const asked = { authorization_details, ttl, max_uses };
  return {
    name: nameOf(vote.person),
    verdict: vote.verdict,
    atSeconds: seconds(vote.at),
    reason: vote.reason,
    cuts: vote.limits === null ? [] : cutsBetween(asked, narrow(asked, vote.limits)),
    ...(endedByKill(vote, escalationState(row, now).decidedAt) && { ended: true }),
  };
}

/** Deputies that will be asked and have not been yet; all are asked at the same moment. */
function nextAsked(row: EscalationRow, now: number): CardModel['next'] {
  const coming = timetableOf(row).flatMap((step) => (step.step === 'deputy_asked' && step.at > now ? [step] : []));
  const [first] = coming;
  if (first === undefined) return null;
  return { groups: [...new Set(coming.map((step) => step.deputy))], atSeconds: seconds(first.at) };
}

/**
 * The gates with the people in their seats. While people decide, only those count who may still decide; afterwards the
 * approvals stay as they were given, whatever has become of a person's role since.
 */
function cardGates(
  { escalation: row, votes, now }: EscalationStory,
  voters: readonly Voter[],
  nameOf: PersonName,
): CardGate[] {
  const { gates } = row.policy;
  const { decidedAt } = escalationState(row, now);
  const approvals = votes.filter(
    (vote) => vote.verdict === 'approve' && vote.digest === row.digest && !endedByKill(vote, decidedAt),
  );
  const approvers = voters.filter((voter) => approvals.some((vote) => isOf(vote, voter)));
  const sitters: readonly Sitter[] =
    row.status === 'pending'
      ? sittersAt(row, approvers, now)
      : approvers.map((approver) => asDeputy(approver, row, row.decidedAt ?? now));
  const { seated } = seat(gates, sitters);
  return gates.map(({ group, quorum }) => {
    const people = seated[group] ?? [];
    return { group, quorum, approved: people.length, approvers: people.map(nameOf) };
  });
}

function grantedOf(row: EscalationRow): ApprovalCardModel['granted'] {
  if (row.granted === null) return null;
  const { ttl, max_uses, cuts } = row.granted;
  return { ttl, max_uses, cuts };
}

function grantOf({ grant, now }: EscalationStory): ApprovalCardModel['grant'] {
  if (grant === null) return null;
  const { status, endReason, endedAt } = grantState(grant, now);
  return { status, endReason, endedAtSeconds: endedAt === null ? null : seconds(endedAt) };
}

/** The distinct channels of the groups and deputies that are asked; a group without a channel is asked over REST alone. */
function channelsOf(row: EscalationRow, deputies: readonly AskedDeputy[], catalog: Catalog): string[] {
  const groups = [...row.policy.gates.map((gate) => gate.group), ...deputies.map(({ deputy }) => deputy)];
  const asked = groups.map((id) => catalog.groups.find((group) => group.id === id)?.slackChannel);
  return [...new Set(asked.filter((channel) => channel !== null && channel !== undefined))];
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
