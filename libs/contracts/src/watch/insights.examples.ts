import { type ExamplesOf, RULE } from '../story.examples.js';
import type * as insights from './insights.dto.js';

export const EXAMPLES_OF_INSIGHTS: ExamplesOf<typeof insights> = {
  ApproverInsightsAnswer: {
    days: 30,
    items: [
      {
        person: 'bob',
        name: 'Bob Brook',
        decisions: 40,
        approved: 37,
        denied: 3,
        approve_rate: 0.925,
        median_seconds: 48,
        fast_approvals: 2,
      },
    ],
  },
  RuleInsightsAnswer: {
    days: 30,
    items: [
      {
        rule: RULE,
        asked: 25,
        approved: 24,
        denied: 0,
        lapsed: 1,
        cancelled: 0,
        approve_rate: 1,
        median_seconds: 52,
        fast_approvals: 2,
        fast_share: 0.083,
        candidate: 'allow',
        no_proposal: null,
      },
    ],
  },
  RuleProposalAnswer: {
    rule: RULE,
    file: '3-people.cedar',
    diff: `--- a/policies/3-people.cedar\n+++ b/policies/3-people.cedar\n@@ -1,2 +1,2 @@\n @id("${RULE}")\n-@outcome("require_approval")\n+@outcome("allow")\n`,
    replay: { considered: 25, would_allow: 25, would_ask: 0, would_deny: 0, allowed_against_people: 0 },
  },
};
