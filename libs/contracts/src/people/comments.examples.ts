import { ASKED, type ExamplesOf } from '../story.examples.js';
import type * as comments from './comments.dto.js';

export const EXAMPLES_OF_COMMENTS: ExamplesOf<typeof comments> = {
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
};
