const LINK = {
  id: 'evt_01KAMZ0000000000000000000B',
  team: 'T0001',
  user: 'U0107',
  bound_by: 'person',
  bound_at: '2026-11-22T09:00:00.000Z',
};

/** Examples of talk and of linked Slack accounts, by the name of the schema. */
export const TALK_EXAMPLES: Readonly<Record<string, unknown>> = {
  CommentBody: { text: 'Is this still needed?' },
  CommentedAnswer: {
    comment: {
      id: 'evt_01KAMZ0000000000000000000A',
      at: '2026-11-22T09:00:00.000Z',
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
