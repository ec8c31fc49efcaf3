import { isIP } from 'node:net';
import type { Catalog, FederationAuth, SpiffeAuth } from '#domain/catalog.js';
import { trustDomainOf } from '#identity/agents/spiffe.js';
import { isPublicAddress } from '../../outbound/outbound-addresses.js';
import type { CatalogNode } from './catalog-node.js';
import type { ProblemList } from '../configuration-error.js';
import { isLoopbackHost, urlOf, withoutBrackets } from '../../outbound/network-addresses.js';

const URL_LENGTH_MAX = 512;
const VALUE_LENGTH_MAX = 512;
const CLAIM_NAME_LENGTH_MAX = 128;
const CLAIMS_MAX = 20;
/** These have keys or rules of their own. */
const RESERVED_CLAIMS = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];
/** SPIFFE-ID section 2: a trust domain in lower case and a path without empty or dotted segments. */
const SPIFFE_ID = /^(?=.{1,2048}$)spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/;

/** Reads `auth.federation`: issuer and subject are compared byte for byte, so neither is a pattern. */
export function readFederation(node: CatalogNode): FederationAuth {
  const fields = node.fields(['issuer', 'subject'], ['jwks_uri', 'audience', 'claims']);
  const issuer = readRegisteredUrl(fields.issuer);
  if (issuer.includes('?')) fields.issuer.refuse('must not have a query');
  return {
    kind: 'federation',
    issuer,
    jwksUri: fields.jwks_uri.isPresent ? readRegisteredUrl(fields.jwks_uri) : null,
    subject: fields.subject.text(VALUE_LENGTH_MAX),
    audience: fields.audience.optionalText(VALUE_LENGTH_MAX),
    claims: fields.claims.isPresent ? readClaims(fields.claims) : {},
  };
}

/** Reads `auth.spiffe`. */
export function readSpiffe(node: CatalogNode): SpiffeAuth {
  const fields = node.fields(['id', 'jwks_uri']);
  const id = fields.id.matching(SPIFFE_ID, 'must be a SPIFFE id of a workload: spiffe://<trust domain>/<path>');
  return { kind: 'spiffe', id, jwksUri: readRegisteredUrl(fields.jwks_uri) };
}

/** Notes agents that no token could tell apart, and issuers or trust domains with two places for their keys. */
export function checkWorkloads(catalog: Catalog, problems: ProblemList): void {
  const identities = new Set<string>();
  const keyPlaces = new Map<string, string>();
  catalog.agents.forEach(({ auth }, index) => {
    if (auth.kind !== 'federation' && auth.kind !== 'spiffe') return;
    const path = `agents[${index}].auth.${auth.kind}`;
    const identity =
      auth.kind === 'spiffe'
        ? auth.id
        : JSON.stringify([auth.issuer, auth.subject, auth.audience, Object.entries(auth.claims).sort()]);
    if (identities.has(identity)) problems.add(path, 'is the identity of an earlier agent');
    identities.add(identity);
    const keeper = auth.kind === 'spiffe' ? trustDomainOf(auth.id) : auth.issuer;
    const place = keyPlaces.get(keeper) ?? auth.jwksUri;
    if (auth.jwksUri !== null && place !== auth.jwksUri)
      problems.add(`${path}.jwks_uri`, 'differs from an earlier agent’s: an issuer or trust domain has one place for keys');
    if (place !== null) keyPlaces.set(keeper, place);
  });
}

function readClaims(node: CatalogNode): Record<string, string> {
  const entries = node.entries();
  if (entries.length > CLAIMS_MAX) node.refuse(`must name at most ${CLAIMS_MAX} claims`);
  return Object.fromEntries(
    entries.map(({ key, node: value }) => {
      if (RESERVED_CLAIMS.includes(key)) value.refuse('has its own key or rule and is not matched here');
      if (key === '' || key.length > CLAIM_NAME_LENGTH_MAX) value.refuse('has a name that is empty or too long');
      // YAML reads an unquoted id as a number; tokens carry such ids in either form.
      return [key, Number.isSafeInteger(value.value) ? String(value.value) : value.text(VALUE_LENGTH_MAX)];
    }),
  );
}

/** A URL that the broker will fetch from or below. What only DNS can tell is judged again when it connects. */
export function readRegisteredUrl(node: CatalogNode): string {
  const text = node.text(URL_LENGTH_MAX);
  if (text === '') return '';
  const url = urlOf(text);
  if (url === null) node.refuse('must be an https URL');
  else if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname)))
    node.refuse('must be an https URL (http on loopback alone)');
  else if (url.username !== '' || url.password !== '' || text.includes('#'))
    node.refuse('must not have userinfo or fragment');
  else if (!isFetchable(url)) node.refuse('must not name a private, link-local or reserved address');
  return text;
}

function isFetchable({ hostname }: URL): boolean {
  const host = withoutBrackets(hostname);
  return isIP(host) === 0 || isLoopbackHost(host) || isPublicAddress(host);
}
