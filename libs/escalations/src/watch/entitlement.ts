import { whyNotEligible } from '#domain/approval/timetable.js';
import { isOf, type Voter, type WhyNot } from '#domain/approval/eligibility.js';
import { type Catalog, resourceIn } from '#domain/catalog.js';
import { whyNotVote } from '../why-not-vote.js';
import type { EscalationStory } from './escalation-story.js';
import { escalationState, grantState } from '../state-now.js';

/** What one person may do with one escalation; a button that would be refused is not worth showing. */
export interface Entitlement {
  readonly decide: boolean;
  /** Why not, as the refusal would say it; `null` when they may. */
  readonly whyNot: WhyNot | null;
  readonly revoke: boolean;
  readonly nudge: boolean;
}

/** What `voter` may do now: the rules of the routes that do it, asked beforehand. */
export function entitlementOf(voter: Voter, story: EscalationStory, catalog: Catalog): Entitlement {
  const { escalation, votes, now } = story;
  const why = whyNotVote(escalation, voter, votes, null, now);
  const pending = escalationState(escalation, now).status === 'pending';
  return {
    decide: why === null,
    whyNot: why === null ? null : why.code === 'not_eligible' ? why.why : why.code,
    revoke: mayRevoke(voter, story, catalog),
    nudge: pending && escalation.ownerId === voter.person && !escalation.nudged,
  };
}

/** True for those who may read an escalation whole: who may decide it, the owners of its resource, its voters, and oversight. */
export function mayRead(voter: Voter, story: EscalationStory, catalog: Catalog): boolean {
  if (voter.roles.includes('auditor') || voter.roles.includes('operator')) return true;
  const { escalation, votes, now } = story;
  return (
    ownsResource(voter, escalation.resource, catalog) ||
    whyNotEligible(escalation, voter, now) === null ||
    votes.some((vote) => isOf(vote, voter))
  );
}

/** True for members of the group that the resource names as its owners. */
export function ownsResource(voter: Voter, resource: string, catalog: Catalog): boolean {
  const owners = resourceIn(catalog, resource)?.owners ?? null;
  return owners !== null && voter.groups.includes(owners);
}

/** True for those who may end this grant while it lives: operators, the owners of its resource, and who approved it. */
export function mayRevokeGrantOf(
  voter: Voter,
  { escalation, votes }: Pick<EscalationStory, 'escalation' | 'votes'>,
  catalog: Catalog,
): boolean {
  return (
    voter.roles.includes('operator') ||
    ownsResource(voter, escalation.resource, catalog) ||
    votes.some((vote) => isOf(vote, voter) && vote.verdict === 'approve')
  );
}

function mayRevoke(voter: Voter, story: EscalationStory, catalog: Catalog): boolean {
  const { grant, now } = story;
  return grant !== null && grantState(grant, now).endedAt === null && mayRevokeGrantOf(voter, story, catalog);
}
