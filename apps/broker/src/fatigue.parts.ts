import type { Provider } from '@nestjs/common';
import { Folds } from '#escalations/ask-ledger.js';
import { BreakGlassUses } from '#escalations/break-glass.js';
import { DenyPending } from '#escalations/deny-pending.js';
import { DecisionPace, Insights } from '#escalations/insights.js';
import { PolicySets } from '#escalations/policy-sets.js';
import { ProposeRule } from '#escalations/propose-rule.js';
import { ReadPolicyHistory } from '#escalations/read-policy-history.js';
import { ReviewBreakGlass } from '#escalations/review-break-glass.js';
import { PostgresFolds } from '#persistence/postgres-asks.js';
import { PostgresBreakGlassUses } from '#persistence/postgres-break-glass.js';
import { PostgresPolicySets } from '#persistence/postgres-policy-sets.js';
import { PostgresDecisionPace, PostgresInsights } from '#persistence/postgres-insights.js';

/** What keeps asking and answering bearable, the debt of break-glass, and what policy was. */
export const fatigueParts: Provider[] = [
  { provide: Folds, useClass: PostgresFolds },
  { provide: BreakGlassUses, useClass: PostgresBreakGlassUses },
  { provide: Insights, useClass: PostgresInsights },
  { provide: DecisionPace, useClass: PostgresDecisionPace },
  ReviewBreakGlass,
  DenyPending,
  ProposeRule,
  { provide: PolicySets, useClass: PostgresPolicySets },
  ReadPolicyHistory,
];
