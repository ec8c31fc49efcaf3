import { seat } from '#domain/approval/quorum.js';
import type { AuthorityLimits, EscalationRequest } from '#domain/authority/authorization-details.js';
import type { AgentFacts } from '#domain/policy-decision.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { checkCatalog } from './check-catalog.js';
import { judgeAsk, type Judgement } from './judge-ask.js';
import type { Registry, Reads } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { VoteRow } from '../rows/vote.js';
import { countingVotes } from '../counting-votes.js';

/**
 * What the configuration says of an ask that was decided before: whether it would be given, within which caps, or what is
 * in its way. `catalog`: it does not have this, or not so; `policy`: it denies; `people`: those who approved are too few.
 */
export type Given =
  | { readonly given: true; readonly caps: AuthorityLimits }
  | { readonly given: false; readonly by: 'catalog'; readonly refusal: Refusal }
  | { readonly given: false; readonly by: 'policy' | 'people'; readonly judgement: Judgement };

/** From what an ask is judged again: the facts and the clock of then, or those of now. */
export interface Circumstances {
  readonly registry: Registry;
  /** The counts for these actions. */
  readonly facts: (actions: readonly string[]) => Promise<AgentFacts>;
  /** What gives hour and weekday. Epoch milliseconds, like `now`. */
  readonly clock: number;
  readonly now: number;
}

/**
 * Judges an ask of an earlier request again: by the catalog, by policy, and by whether `votes` still fill what policy
 * wants of people.
 */
export async function wouldBeGiven(
  read: Pick<Reads, 'people' | 'passkeys'>,
  row: EscalationRow,
  ask: EscalationRequest,
  votes: readonly VoteRow[],
  { registry, facts: factsOf, clock, now }: Circumstances,
): Promise<Given> {
  const known = checkCatalog(registry.catalog, row.agentId, ask);
  if (isRefusal(known)) return { given: false, by: 'catalog', refusal: known };
  const judgement = judgeAsk(registry, known, ask, await factsOf(known.actions), clock);
  const { policy } = judgement;
  if (policy.outcome === 'deny') return { given: false, by: 'policy', judgement };
  if (policy.outcome === 'require_approval' && !(await filled(read, { ...row, policy }, votes, now)))
    return { given: false, by: 'people', judgement };
  const { maxTtl, maxUses } = policy;
  return {
    given: true,
    caps: { ...(maxTtl === null ? {} : { ttl: maxTtl }), ...(maxUses === null ? {} : { max_uses: maxUses }) },
  };
}

async function filled(
  read: Pick<Reads, 'people' | 'passkeys'>,
  row: EscalationRow,
  votes: readonly VoteRow[],
  now: number,
): Promise<boolean> {
  const eligible = await countingVotes(read, row, votes, now);
  const counting = eligible.filter(
    ({ verdict, via }) => verdict === 'approve' && (via !== 'slack' || (row.policy.slack ?? null) === null),
  );
  return seat(
    row.policy.gates,
    counting.map((vote) => vote.voter),
  ).complete;
}
