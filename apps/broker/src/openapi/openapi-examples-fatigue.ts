const ESCALATION = 'esc_01KAMZ0000000000000000000A';
const USED = {
  skipped: ['platform-oncall'],
  used_at: '2026-01-31T09:00:00.000Z',
  reviewed: null,
};
const USE = {
  escalation: ESCALATION,
  agent: 'deploy-bot',
  owner: 'dave',
  resource: 'https://deploys.example',
  status: 'approved',
  justification: 'Payments are down since the last deploy.',
};
const REVIEWED = { by: 'alice', at: '2026-01-31T10:00:00.000Z', note: 'The outage was real; the deploy mended it.' };

/** Examples of break-glass, mass denials and insights, by the name of the schema. */
export const FATIGUE_EXAMPLES: Readonly<Record<string, unknown>> = {
  ReviewBody: { note: REVIEWED.note },
  DenyPendingBody: { reason: 'It asks the same over and over.' },
  BreakGlassUseAnswer: { ...USE, ...USED, reviewed: REVIEWED },
  BreakGlassPageAnswer: { items: [{ ...USE, ...USED }], next_cursor: null },
  DeniedAnswer: { agent: 'support-bot', denied: 12 },
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
        rule: 'refunds-need-the-oncall',
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
    rule: 'refunds-need-the-oncall',
    file: '3-people.cedar',
    diff: '--- a/policies/3-people.cedar\n+++ b/policies/3-people.cedar\n@@ -1,2 +1,2 @@\n @id("refunds-need-the-oncall")\n-@outcome("require_approval")\n+@outcome("allow")\n',
    replay: { considered: 25, would_allow: 25, would_ask: 0, would_deny: 0, allowed_against_people: 0 },
  },
};
