import type { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import type { RenewToken } from '#escalations/collect/renew-token.js';
import type { Redeemed } from '#escalations/collect/write-token.js';
import type { AuthenticatedClient, ClientProof } from '#identity/agents/authenticate-client.js';
import { fail } from '#identity/agents/authentication-failure.js';
import type { FormRequest } from '../form.js';
import type { AsksForTokens } from '../grants/asking.js';
import type { IntrospectionServices } from '../introspection-endpoint.js';
import type { RevocationServices } from '../revocation-endpoint.js';
import type { TokenServices } from '../token-endpoint.js';

type Asked = Awaited<ReturnType<AsksForTokens['asks']['execute']>>;
type Outcome = Awaited<ReturnType<RedeemGrant['execute']>>;

/** What a redeemed code brings in these tests. */
export const REDEEMED: Redeemed = {
  accessToken: 'header.payload.signature',
  expiresInSeconds: 120,
  claims: {
    jti: 'tok_1',
    scope: 'refund.create',
    authorization_details: [{ type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812' }],
  },
  grantId: 'grt_1',
};

/**
 * Services that keep what they were asked in `calls`. The assertion `agent:<id>` or `client:<id>` proves who sends, the
 * header `Basic <id>` proves a client, `busy` keeps everybody waiting, `away` throws.
 */
export function doors(
  outcome: Outcome = REDEEMED,
  claims: Record<string, unknown> | null = null,
  renewed: Awaited<ReturnType<RenewToken['execute']>> = REDEEMED,
  asked: Asked = { outcome: 'token', redeemed: REDEEMED, escalationId: 'esc_1', replayed: false },
) {
  const calls: unknown[][] = [];
  const note = (...call: unknown[]) => void calls.push(call);
  const services: TokenServices & IntrospectionServices & RevocationServices = {
    authenticator: { authenticate: async (proof) => callerOf(proof) },
    admit: (_caller, work) => work(),
    asks: { execute: async (...args) => (note('asks', ...args), asked) },
    redeem: { execute: async (...args) => (note('redeem', ...args), outcome) },
    renew: { execute: async (...args) => (note('renew', ...args), renewed) },
    introspect: { execute: async (...args) => (note('introspect', ...args), claims) },
    revoke: { execute: async (...args) => note('revoke', ...args) },
  };
  return { services, calls };
}

function callerOf({ authorizationHeader, bodyParams }: ClientProof) {
  const proof = authorizationHeader?.replace('Basic ', 'client:') ?? bodyParams.client_assertion;
  if (proof === 'away') throw new Error('the store is away');
  if (proof === 'busy') return fail('busy', 'busy', 'too many secrets wait');
  if (authorizationHeader !== undefined && bodyParams.client_assertion !== undefined) {
    return fail('invalid_request', 'several_methods', 'more than one authentication method');
  }
  const [, kind, id] = /^(agent|client):(\S+)$/.exec(proof ?? '') ?? [];
  if (kind === undefined || id === undefined) return fail('invalid_client', 'wrong_secret', 'no such secret detail');
  const client: AuthenticatedClient = { kind: kind === 'agent' ? 'agent' : 'client', id, suspended: false };
  return client;
}

/** A form request with this body; `more` replaces what a wrong shape changes. */
export function formOf(body: string, more: Partial<FormRequest> = {}): FormRequest {
  return { contentType: 'application/x-www-form-urlencoded', body: Buffer.from(body), ...more };
}
