import type { AuthMethod, Catalog } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { openCompactJws, type CompactJws } from '#tokens/compact-jws.js';
import { inertClaim } from './authentication-failure.js';
import { ASSERTION_ALGORITHMS, faultOfHeader, faultOfNames } from './client-assertion.js';
import { matchesFederation } from './federation.js';
import { faultOfTimes, isNumericDate, isSoleAudience } from './foreign-token.js';
import { signatureHolds } from './jws-signature.js';
import { matchesSpiffe } from './spiffe.js';
import { faultOfHeader as faultOfWorkloadHeader, faultOfLife } from './workload-token.js';

/** One check of a token: `unknown` for what only the broker can say. `words` holds no credential. */
export interface Check {
  readonly name: string;
  readonly verdict: 'holds' | 'fails' | 'unknown';
  readonly words: string;
}

/** What a token is judged against: the configuration as written, not as applied. */
export interface Explained {
  readonly catalog: Pick<Catalog, 'agents' | 'clients'>;
  readonly issuer: string;
  readonly nowSeconds: number;
}

/** Judges a client assertion or a workload token check by check, with all that is wrong instead of the first. */
export async function explainToken(token: string, against: Explained): Promise<readonly Check[]> {
  const jws = openCompactJws(token);
  if ('fault' in jws) return [fails('form', `no signed token: ${jws.fault}`)];
  const form = holds('form', 'three parts, each canonical base64url; header and claims are strict JSON');
  const own = jws.payload['iss'] === jws.payload['sub'];
  return [form, ...(own ? await ofAssertion(token, jws, against) : ofWorkload(jws, against))];
}

async function ofAssertion(token: string, { header, payload }: CompactJws, against: Explained): Promise<Check[]> {
  const { catalog, issuer, nowSeconds } = against;
  const { sub, exp, iat, nbf } = payload;
  const names = faultOfNames(payload, issuer);
  const times =
    isNumericDate(exp) && isNumericDate(iat) && (nbf === undefined || isNumericDate(nbf))
      ? faultOfTimes({ exp, from: iat, nbf: nbf ?? iat }, nowSeconds, LIMITS.assertionLifeSecondsMax)
      : { detail: 'exp and iat must be numbers, and nbf where there is one' };
  const registered = [...catalog.agents, ...catalog.clients].find(({ id }) => id === sub);
  const audience = isSoleAudience(payload['aud'], issuer);
  return [
    judged('header', faultOfHeader(header), `${String(header['alg'])}, nothing that brings a key`),
    judged('audience', audience ? null : `aud is not ${issuer} alone`, `aud is ${issuer} alone`),
    judged('names', names?.reason === 'audience' ? null : (names?.detail ?? null), 'iss is sub, and jti is fit'),
    judged('times', times?.detail ?? null, 'begun, not over, and no longer than 120 seconds'),
    ...(await ofKeys(token, header, inertClaim(sub) ?? 'sub', registered?.auth)),
    { name: 'first use', verdict: 'unknown', words: 'only the broker knows whether it was used; each counts once' },
  ];
}

async function ofKeys(
  token: string,
  header: CompactJws['header'],
  id: string,
  auth: AuthMethod | undefined,
): Promise<Check[]> {
  if (auth === undefined) return [fails('registration', `writ.yaml names no agent or client ${id}`)];
  if (auth.kind !== 'jwks') return [fails('registration', `${id} is registered with ${auth.kind}, not with keys`)];
  const registration = holds('registration', `${id} is registered with ${auth.keys.length} key(s)`);
  const { kid } = header;
  const named = kid === undefined || auth.keys.some((key) => key['kid'] === kid);
  const key = judged(
    'key',
    named ? null : `none of its keys has the kid ${inertClaim(kid) ?? '(no text)'}`,
    kid === undefined ? 'no kid: each key that fits is tried' : 'the kid is of a registered key',
  );
  const signed = await signatureHolds(token, auth.keys, ASSERTION_ALGORITHMS);
  return [
    registration,
    key,
    judged('signature', signed ? null : 'no registered key fits the signature', 'a registered key made it'),
  ];
}

function ofWorkload({ header, payload }: CompactJws, { catalog, issuer, nowSeconds }: Explained): Check[] {
  const [iss, sub] = [payload['iss'], payload['sub']].map((claim) => inertClaim(claim) ?? '(none)');
  const fits = catalog.agents.filter(({ auth }) => fitsClaims(auth, payload, issuer));
  return [
    judged('header', faultOfWorkloadHeader(header), `${String(header['alg'])}, nothing that brings a key`),
    judged('times', faultOfLife(payload, nowSeconds)?.detail ?? null, 'begun, not over, and no longer than an hour'),
    fits.length === 1
      ? holds('registration', `the claims are of ${fits[0]?.id ?? ''}`)
      : fails('registration', fits.length > 1 ? `the claims fit ${fits.map(({ id }) => id).join(' and ')}` : nearest()),
    {
      name: 'signature',
      verdict: 'unknown',
      words: 'the broker asks the issuer for its keys; nothing is fetched here',
    },
  ];

  /** Of the agents that are bound to this issuer or id, what keeps each from being the one. */
  function nearest(): string {
    const near = catalog.agents.flatMap(({ id, auth }) => {
      const wrong = mismatch(auth, payload, issuer);
      return wrong === null ? [] : [`${id}: ${wrong}`];
    });
    const none = `writ.yaml binds no agent to iss ${iss}, sub ${sub}`;
    return near.length === 0 ? none : `${none}; ${near.join('; ')}`;
  }
}

function fitsClaims(auth: AuthMethod, claims: CompactJws['payload'], issuer: string): boolean {
  if (auth.kind === 'federation') return matchesFederation(auth, claims, issuer);
  return auth.kind === 'spiffe' && matchesSpiffe(auth, claims, issuer);
}

/** `null` for agents whose issuer is another: they are not what was meant. */
function mismatch(auth: AuthMethod, claims: CompactJws['payload'], issuer: string): string | null {
  if (auth.kind === 'spiffe') return claims['sub'] === auth.id ? `aud must be ${issuer} alone` : null;
  if (auth.kind !== 'federation' || auth.issuer !== claims['iss']) return null;
  if (auth.subject !== claims['sub']) return `sub must be ${auth.subject}`;
  const audience = auth.audience ?? issuer;
  if (!isSoleAudience(claims['aud'], audience)) return `aud must be ${audience} alone`;
  return `the claims ${Object.keys(auth.claims).join(', ')} must be as registered`;
}

function judged(name: string, fault: string | null, words: string): Check {
  return fault === null ? holds(name, words) : fails(name, fault);
}

function holds(name: string, words: string): Check {
  return { name, verdict: 'holds', words };
}

function fails(name: string, words: string): Check {
  return { name, verdict: 'fails', words };
}
