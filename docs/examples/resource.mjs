// A resource server that makes refunds: a call is served when its token covers exactly this call and Writ stands by it.
// Node 20.19 or newer, no packages. docs/verifiers.md explains each step.
//
//   WRIT_CLIENT=payments-api WRIT_KEY=payments-api.key.json WRIT_RESOURCE=https://payments.example node resource.mjs

import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const { WRIT_ISSUER: issuer = 'http://localhost:3000', WRIT_RESOURCE: audience, WRIT_CLIENT: client } = process.env;

// ---------------------------------------------------------------- does the token cover this call?

const MEMBERS = ['type', 'actions', 'identifier', 'arguments', 'arguments_digest'];

/** 'allowed', 'action_not_granted' or 'digest_mismatch'. The call is what you are about to do, not what the agent says. */
export function coverage(details, call) {
  const naming = details.filter(
    (one) =>
      one.type === 'tool_call' &&
      one.actions.includes(call.action) &&
      Object.keys(one).every((name) => MEMBERS.includes(name)),
  );
  if (naming.length === 0) return 'action_not_granted';
  return naming.some((one) => fits(one, call)) ? 'allowed' : 'digest_mismatch';
}

function fits(one, call) {
  if (one.identifier !== undefined && one.identifier !== call.identifier) return false;
  if (one.arguments === undefined && one.arguments_digest === undefined) return call.arguments === undefined;
  if (call.arguments === undefined) return false;
  const form = canonical(call.arguments);
  const digest = `sha256:${createHash('sha256').update(form).digest('hex')}`;
  return (
    (one.arguments === undefined || canonical(one.arguments) === form) &&
    (one.arguments_digest === undefined || one.arguments_digest === digest)
  );
}

/** RFC 8785: one text for equal JSON. JavaScript's own numbers, strings and sort order are those of the RFC. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${members
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(',')}}`;
}

// ---------------------------------------------------------------- is it a token of our broker, for us?

let keys = { at: 0, byKid: new Map() };

/** The claims of a live token for this resource; undefined of anything else. */
export async function verified(token, now = Date.now()) {
  try {
    const [head, body, signature, ...rest] = token.split('.');
    const { alg, typ, kid } = parsed(head);
    // Without these two, another JWT of the same broker could pass for an access token.
    if (rest.length > 0 || alg !== 'ES256' || typ !== 'at+jwt') return undefined;
    const key = { key: await keyOf(kid, now), dsaEncoding: 'ieee-p1363' };
    if (!key.key || !verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
      return undefined;
    const claims = parsed(body);
    return claims.iss === issuer && claims.aud === audience && claims.exp * 1000 > now ? claims : undefined;
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    return undefined;
  }
}

/** A key of the broker; fetched anew for one that is not known, every 30 seconds at most: anybody can invent a kid. */
async function keyOf(kid, now) {
  if (!keys.byKid.has(kid) && now - keys.at > 30_000) {
    const answer = await fetch(`${issuer}/oauth/jwks`).catch(() => undefined);
    if (!answer?.ok) throw new Unavailable('the keys of Writ could not be read');
    const { keys: jwks } = await answer.json();
    keys = { at: now, byKid: new Map(jwks.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })])) };
  }
  return keys.byKid.get(kid);
}

const parsed = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

// ---------------------------------------------------------------- does Writ stand by it? count it

class Unavailable extends Error {}

/** Asks Writ and counts a use. The call_id is ours, and the same at each try: a lost answer does not cost a second use. */
async function consumed(token, call) {
  const body = JSON.stringify({ token, ...call, call_id: randomUUID() });
  for (let tries = 1; tries <= 3; tries += 1) {
    const headers = { authorization: `Bearer ${assertion()}`, 'content-type': 'application/json' };
    const answer = await fetch(`${issuer}/v1/tokens/consume`, { method: 'POST', headers, body }).catch(() => undefined);
    if (answer?.ok) return answer.json();
    if (answer && answer.status < 500) throw new Error(`Writ refuses this server: ${await answer.text()}`);
  }
  // Nobody can tell whether the grant still stands: so it does not.
  throw new Unavailable('Writ does not answer');
}

const jwk = process.env.WRIT_KEY && JSON.parse(readFileSync(process.env.WRIT_KEY, 'utf8'));
const privateKey = jwk && createPrivateKey({ key: jwk, format: 'jwk' });

/** This server proves itself as an agent does: a signed assertion, good once. */
function assertion() {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: client, sub: client, aud: issuer, iat: now, exp: now + 60, jti: randomUUID() };
  const text = [{ alg: 'ES256', kid: jwk.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

// ---------------------------------------------------------------- the resource itself

/** One refund: what the request would do becomes the call, and only that call is made. */
async function refund(request) {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const claims = await verified(token);
  if (!claims) return [401, { error: 'invalid_token' }];
  const { order, amount } = (await readJson(request)) ?? {};
  const call = { action: 'refund.create', identifier: `order/${order}`, arguments: { order, amount } };
  const verdict = coverage(claims.authorization_details, call);
  if (verdict !== 'allowed') return [403, { error: verdict }];
  const { allowed, code } = await consumed(token, call);
  if (!allowed) return [code === 'inactive' || code === 'used_up' ? 401 : 403, { error: code }];
  return [201, { refunded: order, amount, by: claims.sub, grant: claims.grant_id }];
}

async function serve(request, response) {
  const [status, body] =
    request.method === 'POST' && request.url === '/refunds'
      ? await refund(request).catch((error) => {
          console.error(error.message);
          if (error instanceof SyntaxError) return [400, { error: 'invalid_json' }];
          return error instanceof Unavailable ? [503, { error: 'unavailable' }] : [500, { error: 'server_error' }];
        })
      : [404, { error: 'not_found' }];
  const challenge = status === 401 ? { 'www-authenticate': `Bearer error="invalid_token"` } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...challenge }).end(JSON.stringify(body));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const server = createServer((request, response) => void serve(request, response));
  server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
    console.log(`Refunds at http://127.0.0.1:${server.address().port}/refunds, for ${audience}`);
  });
}
