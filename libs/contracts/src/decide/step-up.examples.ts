import { CHALLENGE, CREDENTIAL, DIGEST, type ExamplesOf } from '../story.examples.js';
import type * as stepUps from './step-up.dto.js';

export const EXAMPLES_OF_STEP_UPS: ExamplesOf<typeof stepUps> = {
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
