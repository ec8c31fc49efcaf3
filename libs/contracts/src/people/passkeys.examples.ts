import type * as passkeys from './passkeys.dto.js';
import { DECIDED, DIGEST, type ExamplesOf } from '../story.examples.js';

const CREDENTIAL = 'c29mdHdhcmUta2V5LTAx';
const CHALLENGE = 'YKZ5FZ76Y1DtMV9d_JDjrSqeK8P9dxx2bLH6f94BdpE';
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
  StepUpBody: { verdict: 'approve', digest: DIGEST, limits: { ttl: 120 } },
  StepUpAnswer: {
    nonce: 'kT1nYV0m2cQxJ8s5o4H9dWf3uZbE7rLg6PqAiNvXyMw',
    expires_at: '2026-11-22T09:03:00.000Z',
    options: {
      rpId: 'writ.example',
      challenge: CHALLENGE,
      allowCredentials: [{ id: CREDENTIAL, type: 'public-key', transports: ['internal'] }],
      userVerification: 'required',
      timeout: 120_000,
    },
  },
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
