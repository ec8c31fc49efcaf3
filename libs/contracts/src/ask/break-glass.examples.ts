import { ESCALATION, type ExamplesOf } from '../story.examples.js';
import type * as uses from './break-glass.dto.js';

const REVIEWED: uses.BreakGlassReviewAnswer = {
  by: 'alice',
  at: '2026-01-31T10:00:00.000Z',
  note: 'The outage was real; the deploy mended it.',
};
const USE: uses.BreakGlassUseAnswer = {
  escalation: ESCALATION,
  agent: 'deploy-bot',
  owner: 'dave',
  resource: 'https://deploys.example',
  status: 'approved',
  justification: 'Payments are down since the last deploy.',
  skipped: ['platform-oncall'],
  used_at: '2026-01-31T09:00:00.000Z',
  reviewed: null,
};

export const EXAMPLES_OF_BREAK_GLASS: ExamplesOf<typeof uses> = {
  ReviewBody: { note: REVIEWED.note },
  BreakGlassUseAnswer: { ...USE, reviewed: REVIEWED },
  BreakGlassPageAnswer: { items: [USE], next_cursor: null },
};
