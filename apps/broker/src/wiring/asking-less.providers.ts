import type { Provider } from '@nestjs/common';
import { DuplicateGroups } from '#escalations/ask/ask-ledger.js';
import { BreakGlassUses } from '#escalations/judge/break-glass.js';
import { DenyPending } from '#escalations/decide/deny-pending.js';
import { DecisionPace, Insights } from '#escalations/watch/insights.js';
import { PolicySets } from '#escalations/configure/policy-sets.js';
import { ProposeRule } from '#escalations/configure/propose-rule.js';
import { ReadPolicyHistory } from '#escalations/configure/read-policy-history.js';
import { ReviewBreakGlass } from '#escalations/ask/review-break-glass.js';
import { PostgresDuplicateGroups } from '#persistence/ask/postgres-asks.js';
import { PostgresBreakGlassUses } from '#persistence/ask/postgres-break-glass.js';
import { PostgresPolicySets } from '#persistence/configure/postgres-policy-sets.js';
import { PostgresDecisionPace, PostgresInsights } from '#persistence/watch/postgres-insights.js';

/** What keeps asking and answering bearable, the debt of break-glass, and what policy was. */
export const askingLessProviders: Provider[] = [
  { provide: DuplicateGroups, useClass: PostgresDuplicateGroups },
  { provide: BreakGlassUses, useClass: PostgresBreakGlassUses },
  { provide: Insights, useClass: PostgresInsights },
  { provide: DecisionPace, useClass: PostgresDecisionPace },
  ReviewBreakGlass,
  DenyPending,
  ProposeRule,
  { provide: PolicySets, useClass: PostgresPolicySets },
  ReadPolicyHistory,
];
