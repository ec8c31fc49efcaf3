import { OAUTH_ROUTES } from './routes.js';
import { GRANT_TYPES } from './token-endpoint.js';

/** What `identity` accepts as the signature of a client assertion; a test asks it for each. */
const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** A resource chooses between these for its tokens. */
const TOKEN_ALGORITHMS = ['ES256', 'RS256'] as const;

/** Metadata changes with a release, and a release may be rolled back. */
export const METADATA_CACHE = 'public, max-age=300';

/**
 * The document of `/.well-known/oauth-authorization-server` (RFC 8414 section 2). It names only what answers.
 * @param issuer no path, no trailing slash
 */
export function authorizationServerMetadata(issuer: string) {
  return {
    issuer,
    token_endpoint: issuer + OAUTH_ROUTES.token,
    introspection_endpoint: issuer + OAUTH_ROUTES.introspect,
    revocation_endpoint: issuer + OAUTH_ROUTES.revoke,
    jwks_uri: issuer + OAUTH_ROUTES.jwks,
    grant_types_supported: GRANT_TYPES,
    // Required, and may not be empty (section 3.2), though nothing here has an authorization endpoint.
    response_types_supported: ['none'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic'],
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    authorization_details_types_supported: ['tool_call'],
    deferred_token_response_supported: true,
    // draft-ietf-oauth-status-list-21 section 9.1
    status_list_aggregation_endpoint: issuer + OAUTH_ROUTES.statusLists,
  } as const;
}

/**
 * The document of `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 section 3): the same broker for
 * verifiers that look only there, with the members they insist on. No ID token is issued; verifiers read the algorithms
 * as those of access tokens.
 */
export function openidConfiguration(issuer: string) {
  return {
    ...authorizationServerMetadata(issuer),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: TOKEN_ALGORITHMS,
    claims_supported: ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti', 'scope', 'authorization_details', 'txn'],
  } as const;
}
