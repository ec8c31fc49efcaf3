import { Injectable } from '@nestjs/common';
import { eligibleSitters, type Voter } from '#domain/approval/eligibility.js';
import { seat, type Sitter } from '#domain/approval/quorum.js';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import type { Catalog, CatalogResource } from '#domain/catalog.js';
import { Reader, RegistrySource } from '#escalations/ports.js';
import { ReadEscalation, type EscalationStory } from '#escalations/read-escalation.js';
import type { EscalationRow, VoteRow } from '#escalations/rows.js';
import { escalationStanding, grantStanding } from '#escalations/standing.js';
import { explain } from '#policy/explain.js';
import type { LoadedCard } from '#slack/publish-card.js';
import type { ApprovalCardModel, CardElement, CardGate } from '#slack/views/card-model.js';

type CardModel = LoadedCard['model'];

/** Reads an escalation as its cards show it: the stored rows, judged now, with the names of the catalog in force. */
@Injectable()
export class CardModelLoader {
  constructor(
    private readonly read: ReadEscalation,
    private readonly registry: RegistrySource,
    private readonly reader: Reader,
  ) {}

  /** The card of this escalation, its version (grows with each visible change) and channels; `null` for an unknown id. */
  async load(escalationId: string): Promise<LoadedCard | null> {
    const story = await this.read.load(escalationId);
    return story === null ? null : this.of(story);
  }

  /** The same for a story that was already read. */
  async of(story: EscalationStory): Promise<LoadedCard> {
    const { escalation, grant } = story;
    const [{ catalog }, voters] = await Promise.all([this.registry.current(), this.votersOf(story.votes)]);
    return {
      model: cardModel(story, catalog, voters),
      version: escalation.version + (grant?.version ?? 0),
      channels: channelsOf(escalation, catalog),
    };
  }

  private async votersOf(votes: readonly VoteRow[]): Promise<Voter[]> {
    const people = [...new Set(votes.map((vote) => vote.person))];
    const voters = await Promise.all(people.map((person) => this.reader.voter(person)));
    return voters.filter((voter) => voter !== null);
  }
}

function cardModel(story: EscalationStory, catalog: Catalog, voters: readonly Voter[]): CardModel {
  const { escalation, votes, now } = story;
  const { request, policy } = escalation;
  const agent = catalog.agents.find((candidate) => candidate.id === escalation.agentId);
  const resource = catalog.resources.find((candidate) => candidate.id === escalation.resource);
  return {
    escalationId: escalation.id,
    digest: escalation.digest,
    status: escalationStanding(escalation, now).status,
    breakGlass: request.break_glass,
    agent: {
      id: escalation.agentId,
      name: agent?.name ?? escalation.agentId,
      owner: escalation.ownerId,
      onBehalfOf: request.chain,
    },
    resource: {
      id: escalation.resource,
      name: resource?.name ?? escalation.resource,
      environment: resource?.environment ?? null,
      classification: resource?.classification ?? null,
    },
    elements: request.authorization_details.map((element) => cardElement(element, resource, escalation)),
    requestedTtl: request.requested_ttl,
    maxUses: request.max_uses,
    risk: escalation.risk,
    whyYou: { text: explain(policy), policies: policy.determining, policyVersion: escalation.policyVersion },
    gates: cardGates(escalation, votes, voters),
    createdAtSeconds: seconds(escalation.createdAt),
    expiresAtSeconds: seconds(escalation.deadline),
    decidedBy: votes.map(({ person, verdict, at, reason }) => ({
      name: person,
      verdict,
      atSeconds: seconds(at),
      reason,
    })),
    denialReason: escalation.denial?.reason ?? null,
    granted: grantedOf(escalation),
    grant: grantOf(story),
    task: request.task,
    justification: request.justification,
    evidence: request.evidence,
  };
}

/** An action that has left the catalog keeps the whole request's risk: it must not look harmless. */
function cardElement(element: ToolCall, resource: CatalogResource | undefined, row: EscalationRow): CardElement {
  const riskOf = (name: string) => resource?.actions.find((action) => action.name === name)?.risk ?? row.risk;
  return { ...element, actions: element.actions.map((name) => ({ name, risk: riskOf(name) })) };
}

/**
 * Who sits where. While people decide, only those count who may still decide; afterwards the approvals stay as they
 * were given, whatever has become of a person's role since.
 */
function cardGates(row: EscalationRow, votes: readonly VoteRow[], voters: readonly Voter[]): CardGate[] {
  const { gates } = row.policy;
  const approvals = votes.filter((vote) => vote.verdict === 'approve' && vote.digest === row.digest);
  const approvers = voters.filter((voter) => approvals.some((vote) => vote.person === voter.person));
  const sitters: readonly Sitter[] =
    row.status === 'pending'
      ? eligibleSitters(approvers, gates, { owner: row.ownerId, chain: row.request.chain })
      : approvers;
  const { seated } = seat(gates, sitters);
  return gates.map((gate) => {
    const people = seated[gate.group] ?? [];
    return { ...gate, approved: people.length, approvers: people };
  });
}

function grantedOf(row: EscalationRow): ApprovalCardModel['granted'] {
  if (row.granted === null) return null;
  const { ttl, max_uses, cuts } = row.granted;
  return { ttl, max_uses, cuts };
}

function grantOf({ grant, now }: EscalationStory): ApprovalCardModel['grant'] {
  if (grant === null) return null;
  const { status, endReason, endedAt } = grantStanding(grant, now);
  return { status, endReason, endedAtSeconds: endedAt === null ? null : seconds(endedAt) };
}

/** The distinct channels of the groups that are asked; a group without a channel is asked over REST alone. */
function channelsOf(row: EscalationRow, catalog: Catalog): string[] {
  const asked = row.policy.gates.map((gate) => catalog.groups.find((group) => group.id === gate.group)?.slackChannel);
  return [...new Set(asked.filter((channel) => channel !== null && channel !== undefined))];
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
