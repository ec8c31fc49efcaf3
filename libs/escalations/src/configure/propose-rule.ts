import { Injectable } from '@nestjs/common';
import { fastShare, hastyWords } from '#domain/approval/pace.js';
import { recordedFacts, type PolicyQuestion } from '#domain/policy-decision.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { PolicyEngine } from '#policy/engine.js';
import { proposeAllow } from '#policy/propose-allow.js';
import { Insights, type StoredDecision } from '../watch/insights.js';
import { PoliciesRefused } from '../judge/configuration-in-force.js';
import { ConfigurationStore } from '../judge/configuration-store.js';

/** Requests that are decided again at most, newest first. */
const REPLAYED_MAX = 1_000;
/** Decided in one go; between two goes others get their turn. */
const BATCH = 50;

/** How the changed set would have answered the requests that this rule sent to people. */
export interface Replay {
  readonly considered: number;
  readonly would_allow: number;
  /** Another rule still asks people. */
  readonly would_ask: number;
  readonly would_deny: number;
  /** Requests that people denied and that would be allowed: what the change would cost. */
  readonly allowed_against_people: number;
}

export interface RuleProposal {
  readonly rule: string;
  readonly file: string;
  readonly diff: string;
  readonly replay: Replay;
}

/**
 * What it would mean to let policy answer where people always say yes: the change of the file, and its effect on the
 * stored requests of the last thirty days, decided again from the facts they were decided by. Nothing is applied.
 * Refuses `not_found` for a rule that is not in force or asks nobody, and `hardly_read` while too many of its approvals
 * were fast: what nobody read is no reason to ask less.
 */
@Injectable()
export class ProposeRule {
  constructor(
    private readonly configurations: ConfigurationStore,
    private readonly insights: Insights,
  ) {}

  async execute(rule: string): Promise<RuleProposal | Refusal> {
    const applied = await this.configurations.current();
    const proposal = applied === null ? null : proposeAllow(applied.policies, rule);
    if (applied === null || proposal === null) {
      return refuse('not_found', 'No rule of this id asks people in the policies in force.');
    }
    const pace = (await this.insights.rules()).find((row) => row.rule === rule)?.pace;
    const why = pace === undefined ? null : hastyWords(pace);
    if (pace !== undefined && why !== null)
      return refuse('hardly_read', `No proposal: ${why}.`, { facts: { fast_share: shareOf(fastShare(pace)) } });
    const engine = PolicyEngine.create(proposal.files, applied.catalog);
    if (!(engine instanceof PolicyEngine)) throw new PoliciesRefused(engine);
    const { file, diff } = proposal;
    return { rule, file, diff, replay: await replay(engine, await this.insights.askedBy(rule, REPLAYED_MAX)) };
  }
}

/** To three places. */
const shareOf = (share: number): number => Math.round(share * 1_000) / 1_000;

async function replay(engine: PolicyEngine, stored: readonly StoredDecision[]): Promise<Replay> {
  const counts = { allow: 0, require_approval: 0, deny: 0, against: 0 };
  for (const [index, decision] of stored.entries()) {
    if (index > 0 && index % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
    const { outcome } = engine.decide(questionOf(decision));
    counts[outcome] += 1;
    if (outcome === 'allow' && decision.status === 'denied') counts.against += 1;
  }
  return {
    considered: stored.length,
    would_allow: counts.allow,
    would_ask: counts.require_approval,
    would_deny: counts.deny,
    allowed_against_people: counts.against,
  };
}

/** The question as it was put then: the recorded facts, and the instant that gives hour and weekday. */
function questionOf({ agentId, request, facts, createdAt }: StoredDecision): PolicyQuestion {
  const recorded = facts as { readonly groups?: readonly string[] };
  return {
    agent: { id: agentId, groups: recorded.groups ?? [] },
    request,
    facts: recordedFacts(facts),
    nowMs: createdAt,
  };
}
