import { ASKED, type ExamplesOf } from '../story.examples.js';
import type * as sessions from './sessions.dto.js';

export const EXAMPLES_OF_SESSIONS: ExamplesOf<typeof sessions> = {
  SessionBody: { code: 'b25lLXRpbWUtbG9naW4tY29kZQ' },
  SessionListAnswer: {
    items: [
      {
        id: 'kq3T0fYb1u2W',
        current: true,
        person: 'bob',
        signed_in_by: 'oidc',
        opened_at: ASKED,
        expires_at: '2026-11-22T17:00:00.000Z',
      },
    ],
  },
  SignInOptionsAnswer: { oidc: true },
  SessionAnswer: {
    name: 'Bob Brook',
    roles: ['approver'],
    person: 'bob',
    signed_in_by: 'oidc',
    opened_at: '2026-11-22T09:00:00.000Z',
    expires_at: '2026-11-22T17:00:00.000Z',
    passkeys: 1,
    oidc: true,
  },
};
