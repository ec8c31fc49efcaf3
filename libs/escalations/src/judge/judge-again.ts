import type { AuthorityLimits, EscalationRequest } from '#domain/authority/authorization-details.js';
import { isRefusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { checkCatalog } from './check-catalog.js';
import { policyDenial } from './denials.js';
import { grantedAsk } from './policy-tightening.js';
import type { Registry, Transaction } from '../ports.js';
import type { Denial, EscalationRow } from '../rows/escalation.js';
import type { VoteRow } from '../rows/vote.js';
import { grantedAuthority } from '../settle.js';
import { wouldBeGiven, type Given } from './would-be-given.js';

/** Policy's no to what people have just approved, with what decided so. */
export interface LateDenial {
  readonly denial: Denial;
  /** For the record: the version that said so, its rules and the facts. */
  readonly decided: Readonly<Record<string, unknown>>;
}

/** The configurations that an approval is judged by. */
export interface Registries {
  /** In force now. */
  readonly current: Registry;
  /** The one whose policies decided that people are asked; the one in force where that is not found any more. */
  readonly pinned: Registry;
}

/**
 * Asks policy again before an approval becomes a grant: the same policies, with the clock and the counts of now. While
 * people decided, others may have been granted, or the hour may have come in which a rule says no. The catalog in force
 * must still take it too; what else has changed in the configuration is judged when the grant is collected. To be asked
 * behind the agent's queue, or two settlements would each count without the other.
 * @param limits what the votes and the grants above leave of the ask
 * @returns further caps, or the denial: also where policy now wants more people, since they were asked about less
 */
export async function judgeAgain(
  tx: Pick<Transaction, 'agents' | 'passkeys' | 'people'>,
  { current, pinned }: Registries,
  row: EscalationRow,
  votes: readonly VoteRow[],
  limits: readonly AuthorityLimits[],
  now: number,
): Promise<LateDenial | { readonly caps: AuthorityLimits }> {
  const met = grantedAsk(row, grantedAuthority(row.request, row.policy, limits));
  const facts = (actions: readonly string[]): ReturnType<Transaction['agents']['facts']> =>
    tx.agents.facts(row.agentUid, actions, row.id);
  const known = checkCatalog(current.catalog, row.agentId, met);
  if (isRefusal(known)) return lateDenial({ given: false, by: 'catalog', refusal: known });
  const judge = (ask: EscalationRequest): Promise<Given> =>
    wouldBeGiven(tx, row, ask, votes, { registry: pinned, facts, clock: now, now });
  const first = await judge(met);
  if (first.given) return { caps: first.caps };
  // As where a grant is used: what rules want whole is judged whole.
  const whole = first.by === 'catalog' ? first : await judge(row.request);
  return whole.given ? { caps: whole.caps } : lateDenial(first);
}

/** Ends a request by policy's later no; that people had approved it stands in the record. */
export async function denyLate(
  tx: Pick<Transaction, 'escalations' | 'journal'>,
  row: EscalationRow,
  { denial, decided }: LateDenial,
  approvals: readonly VoteRow[],
  now: number,
): Promise<void> {
  await tx.escalations.change(row.id, row.version, { change: 'denied', now, denial });
  const data = { ...denial, ...decided, approved_by: approvals.map((vote) => vote.person) };
  await tx.journal.record([about(row).says('escalation.denied', { kind: 'policy', id: row.policyVersion }, data)], now);
}

function lateDenial(given: Exclude<Given, { given: true }>): LateDenial {
  if (given.by === 'catalog') {
    const rules = (given.refusal.errors ?? []).map(({ pointer, rule }) => `${pointer}: ${rule}`);
    return {
      denial: {
        by: 'policy',
        code: 'configuration_changed',
        reason: 'The configuration has changed since this was asked, and does not take it so any more.',
        next: { action: 'ask_again' },
      },
      decided: { refused: given.refusal.code, errors: rules },
    };
  }
  const { policy } = given.judgement;
  const { version, determining, facts } = policy;
  const rules = determining.map((id) => `"${id}"`).join(', ');
  const denial: Denial =
    given.by === 'people'
      ? {
          by: 'policy',
          code: 'more_approvals_needed',
          reason: `By now policy wants other or more approvals than those it asked for (${rules}).`,
          next: { action: 'ask_again' },
        }
      : named(policyDenial(given.judgement), rules);
  return { denial, decided: { version, determining, facts, gates: policy.gates } };
}

function named(denial: Denial, rules: string): Denial {
  if (rules === '') return denial;
  return { ...denial, reason: `By now policy denies this (${rules}): ${denial.reason}` };
}
