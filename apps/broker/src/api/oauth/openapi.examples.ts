import { CALL, CODE, GRANT, TOKEN } from '#contracts/story.examples.js';
import { DEFERRED } from '#domain/deferred-grant.js';

const SENT_PROOF = {
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJzdXBwb3J0LWJvdCJ9.c2lnbmF0dXJl',
};
const ISSUER = 'http://localhost:3000';
const METADATA = { issuer: ISSUER, token_endpoint: `${ISSUER}/oauth/token`, jwks_uri: `${ISSUER}/oauth/jwks` };

/** Examples of the forms and documents that `openapi.ts` describes, by operation. */
export const OAUTH_EXAMPLES = {
  token: {
    request: { grant_type: DEFERRED, deferral_code: CODE, ...SENT_PROOF },
    answers: {
      200: {
        access_token: TOKEN,
        token_type: 'Bearer',
        expires_in: 120,
        scope: 'refund.create',
        authorization_details: [CALL],
        grant_id: GRANT,
      },
    },
  },
  introspect: {
    request: { token: TOKEN, ...SENT_PROOF },
    answers: {
      200: {
        active: true,
        token_type: 'Bearer',
        sub: 'agent:support-bot',
        scope: 'refund.create',
        grant_status: 'active',
        uses_remaining: 1,
      },
    },
  },
  revoke: { request: { token: TOKEN, ...SENT_PROOF } },
  jwks: {
    answers: {
      200: {
        keys: [
          {
            kty: 'EC',
            crv: 'P-256',
            x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
            kid: 'k1',
            alg: 'ES256',
            use: 'sig',
          },
        ],
      },
    },
  },
  discoveryAuthorizationServer: { answers: { 200: METADATA } },
  discoveryOpenidConfiguration: { answers: { 200: METADATA } },
};
