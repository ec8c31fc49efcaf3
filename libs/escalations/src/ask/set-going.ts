import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import { rememberGiven } from '../judge/policy-tightening.js';
import { issueGrant } from '../settle.js';
import type { WrittenAsk } from './write-request.js';

/** What an ask has made. */
export interface AskMade {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow | null;
  /** The agent's own requests that wait for the same. */
  readonly like: readonly string[];
  /** When, epoch milliseconds. */
  readonly now: number;
}

/**
 * What follows a request that is written: a use of break-glass is noted and people are told, what policy allows becomes a
 * grant, and what people decide has its card, notices and deadline. Nothing follows a denial.
 */
export async function setGoing(context: WrittenAsk): Promise<AskMade> {
  const { tx, agent, known, ports, decided, escalation, like, now } = context;
  const { granted, breakGlass, policy } = decided;
  if (breakGlass !== null) {
    const { skipped } = breakGlass;
    await tx.breakGlass.insert({ escalationId: escalation.id, agentUid: agent.uid, skipped, now });
  }
  if (granted !== null) {
    const terms = { granted, resource: known.resource };
    const grant = await issueGrant(tx, ports, escalation, terms, { kind: 'policy', id: policy.version }, now);
    // Those above it were not judged anew.
    if (escalation.parents === null) rememberGiven(context.registry, escalation.id);
    return { escalation, grant, like, now };
  }
  return { escalation, grant: null, like, now };
}
