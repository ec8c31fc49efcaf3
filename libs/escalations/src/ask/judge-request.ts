import { cappedByHanded } from '#domain/authority/handing-on.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import { deniedAtOnce } from '../judge/denials.js';
import { judgeAsk, type Judgement, type UsedBreakGlass } from '../judge/judge-ask.js';
import { leftToHandOn, handingDenial } from './parent-grant.js';
import type { Denial, Granted } from '../rows/escalation.js';
import { grantedAuthority } from '../settle.js';
import type { AskInTurn } from './wait-turn.js';

/** What becomes of an ask at once: denied, granted, or (neither) people are asked. */
export interface Decided {
  readonly policy: PolicyDecision;
  readonly denial: Denial | null;
  readonly granted: Granted | null;
  /** How break-glass was used; `null` when it was not, or did not help. */
  readonly breakGlass: UsedBreakGlass | null;
}

export type JudgedAsk = AskInTurn & { readonly decided: Decided };

/** Has policy judge the ask by the facts of now, and finds what that means for it. Refuses nothing: a no is an answer. */
export async function judgeRequest(context: AskInTurn): Promise<JudgedAsk> {
  const { tx, agent, registry, known, request, now } = context;
  const facts = await tx.agents.facts(agent.uid, known.actions);
  return { ...context, decided: await decide(context, judgeAsk(registry, known, request, facts, now)) };
}

/** Policy's own no comes first and stands as policy gave it, then what was not handed on, then too few who may approve. */
async function decide(context: AskInTurn, judgement: Judgement): Promise<Decided> {
  const { tx, agent, known, request, parent, now } = context;
  const { breakGlass } = judgement;
  const capped =
    parent === null || judgement.policy.outcome === 'deny'
      ? judgement
      : { ...judgement, policy: cappedByHanded(judgement.policy, leftToHandOn(parent, now)) };
  const { policy } = capped;
  const denied = (denial: Denial): Decided => ({ policy, denial, granted: null, breakGlass: null });
  const notHandedOn =
    parent === null || policy.outcome === 'deny' ? null : handingDenial(agent.id, request, parent, now);
  if (notHandedOn !== null) return denied(notHandedOn);
  const asksPeople = policy.outcome === 'require_approval';
  const voters = asksPeople ? await tx.people.ofGroups(policy.gates.map((gate) => gate.group)) : [];
  const ancestorOwners = parent?.ancestors.map((grant) => grant.ownerId) ?? [];
  const denial = deniedAtOnce(capped, voters, { owner: known.agent.owner, chain: request.chain, ancestorOwners });
  if (denial !== null) return denied(denial);
  return { policy, denial, granted: asksPeople ? null : grantedAuthority(request, policy, []), breakGlass };
}
