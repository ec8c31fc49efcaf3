import { ASKED, type ExamplesOf } from '../story.examples.js';
import type * as links from './slack-links.dto.js';

const LINK: links.SlackLinkAnswer = {
  id: 'evt_01KAMZ0000000000000000000B',
  team: 'T0001',
  user: 'U0107',
  bound_by: 'person',
  bound_at: ASKED,
};

export const EXAMPLES_OF_SLACK_LINKS: ExamplesOf<typeof links> = {
  SlackLinkBody: { code: '7QK2-M0ZB-94TR' },
  SlackLinkAnswer: LINK,
  SlackLinksAnswer: {
    items: [{ id: null, team: 'T0001', user: 'U0002', bound_by: 'configuration', bound_at: null }, LINK],
  },
};
