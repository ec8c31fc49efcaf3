import type { GrantedCall } from '#domain/authority/coverage.js';
import { isId } from '#domain/ids.js';
import { CONFIGURED_ID, LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import {
  argumentsBytes,
  scopeOf,
  tokenBytes,
  TOKEN_BYTES_MAX,
  type AccessTokenClaims,
  type Actor,
  type StatusClaim,
} from './claims.js';
import type { SigningAlg } from './ports.js';

type Rule = (claims: AccessTokenClaims, alg: SigningAlg) => boolean;

const SHA256 = /^sha256:[0-9a-f]{64}$/;

const MEMBERS: ReadonlySet<string> = new Set<keyof AccessTokenClaims>([
  'iss',
  'aud',
  'sub',
  'client_id',
  'iat',
  'exp',
  'jti',
  'scope',
  'authorization_details',
  'txn',
  'grant_id',
  'digest',
  'grant_digest',
  'max_uses',
  'act',
  'status',
]);

/** What holds for every token this broker signs, one name a rule. A rule broken here is a bug found before it is signed. */
const RULES: Readonly<Record<string, Rule>> = {
  'issuer is an origin': ({ iss }) => URL.canParse(iss) && new URL(iss).origin === iss,
  'audience is one resource': ({ aud }) => isResource(aud),
  'subject names the client': ({ sub, client_id }) => CONFIGURED_ID.test(client_id) && sub === `agent:${client_id}`,
  'times are seconds in order': ({ iat, exp }) => Number.isSafeInteger(iat) && Number.isSafeInteger(exp) && exp > iat,
  'life is at most what can be asked': ({ iat, exp }) => exp - iat <= LIMITS.requestedTtlSecondsMax,
  'ids have their form': ({ jti, txn, grant_id }) => isId('tok', jti) && isId('esc', txn) && isId('grt', grant_id),
  'digests are SHA-256': ({ digest, grant_digest }) => SHA256.test(digest) && SHA256.test(grant_digest),
  'something is granted': ({ authorization_details: { length } }) => length >= 1 && length <= LIMITS.elementsMax,
  'elements are tool calls': ({ authorization_details }) => authorization_details.every(isTokenToolCall),
  'scope is the granted actions': ({ scope, authorization_details }) => scope === scopeOf(authorization_details),
  'uses are counted': ({ max_uses }) => max_uses === undefined || isCount(max_uses, LIMITS.maxUsesMax),
  'chain is short': ({ act }) => chainDepth(act) <= LIMITS.chainDepthMax,
  'status names a bit of ours': ({ iss, status }) => status === undefined || isPlaceOf(iss, status),
  'nothing else is said': (claims) => Object.keys(claims).every((name) => MEMBERS.has(name)),
  'token is at most 6 KiB': (claims, alg) => tokenBytes(claims, alg) <= TOKEN_BYTES_MAX,
};

/**
 * Holds claims against every rule.
 * @returns the names of the broken rules; none when the claims may be signed
 */
export function validateClaims(claims: AccessTokenClaims, alg: SigningAlg = 'ES256'): string[] {
  return Object.entries(RULES)
    .filter(([, holds]) => !holds(claims, alg))
    .map(([name]) => name);
}

function isResource(aud: string): boolean {
  if (aud.length > LIMITS.resourceIdLengthMax || aud.includes('#') || !URL.canParse(aud)) return false;
  const { protocol, username, password } = new URL(aud);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function isTokenToolCall(element: GrantedCall): boolean {
  const { type, actions, identifier, arguments: args, arguments_digest: digest } = element;
  return (
    type === 'tool_call' &&
    isCount(actions.length, LIMITS.actionsPerElementMax) &&
    (identifier === undefined || (VISIBLE_ASCII.test(identifier) && identifier.length <= LIMITS.identifierLengthMax)) &&
    (args === undefined || digest === undefined) &&
    (digest === undefined || SHA256.test(digest)) &&
    argumentsBytes(element) <= LIMITS.tokenArgumentsBytesMax
  );
}

function isPlaceOf(iss: string, { status_list: { idx, uri } }: StatusClaim): boolean {
  const list = uri.startsWith(`${iss}/status/`) ? uri.slice(iss.length + '/status/'.length) : '';
  return Number.isSafeInteger(idx) && idx >= 0 && idx < LIMITS.statusListBits && /^[1-9]\d{0,9}$/.test(list);
}

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}

function chainDepth(act: Actor | undefined): number {
  return act === undefined ? 0 : 1 + chainDepth(act.act);
}
