import { CHALLENGE, CREDENTIAL, DECIDED, type ExamplesOf } from '../story.examples.js';
import type * as passkeys from './passkeys.dto.js';

const PASSKEY: passkeys.PasskeyAnswer = {
  id: CREDENTIAL,
  name: 'Laptop',
  transports: ['internal'],
  created_at: '2026-11-22T08:00:00.000Z',
  last_used_at: DECIDED,
};
/** As browsers give them; the values are shortened. */
const MADE = { id: CREDENTIAL, rawId: CREDENTIAL, type: 'public-key', clientExtensionResults: {} };

export const EXAMPLES_OF_PASSKEYS: ExamplesOf<typeof passkeys> = {
  PasskeyOptionsBody: {},
  PasskeyBody: {
    name: 'Laptop',
    credential: {
      ...MADE,
      response: {
        clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0',
        attestationObject: 'o2NmbXRkbm9uZQ',
        transports: ['internal'],
      },
    },
  },
  PasskeyAnswer: { ...PASSKEY, last_used_at: null },
  PasskeysAnswer: { items: [PASSKEY] },
};

/** PublicKeyCredentialCreationOptionsJSON: the one answer here that has no class. */
export const CREATION_OPTIONS_EXAMPLE = {
  rp: { name: 'Writ', id: 'writ.example' },
  user: { id: 'p6H0b8v5xJ2m', name: 'bob', displayName: '' },
  challenge: CHALLENGE,
  pubKeyCredParams: [
    { type: 'public-key', alg: -7 },
    { type: 'public-key', alg: -8 },
    { type: 'public-key', alg: -257 },
  ],
  attestation: 'none',
  authenticatorSelection: { residentKey: 'preferred', userVerification: 'required', requireResidentKey: false },
  excludeCredentials: [],
  timeout: 120_000,
};
