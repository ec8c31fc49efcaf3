import { ASKED, type ExamplesOf } from '../story.examples.js';
import type * as talk from './comments.dto.js';

const LINK: talk.SlackLinkAnswer = {
  id: 'evt_01KAMZ0000000000000000000B',
  team: 'T0001',
  user: 'U0107',
  bound_by: 'person',
  bound_at: ASKED,
};

export const EXAMPLES_OF_COMMENTS: ExamplesOf<typeof talk> = {
  CommentBody: { text: 'Is this still needed?' },
  CommentedAnswer: {
    comment: {
      id: 'evt_01KAMZ0000000000000000000A',
      at: ASKED,
      author: 'bob',
      name: 'Bob',
      via: 'rest',
      text: 'Is this still needed?',
    },
  },
  SlackLinkBody: { code: '7QK2-M0ZB-94TR' },
  SlackLinkAnswer: LINK,
  SlackLinksAnswer: {
    items: [{ id: null, team: 'T0001', user: 'U0002', bound_by: 'configuration', bound_at: null }, LINK],
  },
};
