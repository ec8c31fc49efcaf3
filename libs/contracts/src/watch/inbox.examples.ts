import { FOR_PEOPLE } from '../decide/escalation-for-people.examples.js';
import { ESCALATION, type ExamplesOf, PAYMENTS, RULE } from '../story.examples.js';
import type * as inbox from './inbox.dto.js';

export const MAY: inbox.MayAnswer = { decide: false, why_not: 'already_decided', revoke: true, nudge: false };

export const EXAMPLES_OF_INBOX: ExamplesOf<typeof inbox> = {
  InboxPageAnswer: {
    items: [{ ...FOR_PEOPLE, may: MAY, folded: 0 }],
    next_cursor: null,
    total: 1,
    more_than_total: false,
    facets: {
      risk: [{ value: 'high', name: 'High risk', count: 1 }],
      group: [{ value: 'payments-oncall', name: 'payments-oncall', count: 1 }],
      agent: [{ value: 'support-bot', name: 'Support bot', count: 1 }],
      resource: [{ value: PAYMENTS, name: 'Payments', count: 1 }],
      rule: [{ value: RULE, name: RULE, count: 1 }],
    },
  },
};

/** The stream, as it is sent. */
export const INBOX_STREAM_EXAMPLE = `: open\n\nevent: beat\ndata: {}\n\nevent: changed\ndata: {"escalation":"${ESCALATION}"}\n\n`;
