// An agent that makes one refund: it asks, waits for people, uses what it was given, and gives it back.
// Node 20.19 or newer, no packages. docs/agents.md explains each step.
//
//   WRIT_AGENT=refund-bot WRIT_KEY=refund-bot.key.json node agent.mjs 8812 4000

import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const { WRIT_ISSUER: issuer = 'http://localhost:3000', WRIT_AGENT: agent, WRIT_KEY = '' } = process.env;
const jwk = JSON.parse(readFileSync(WRIT_KEY, 'utf8'));
const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });

/** Says who calls. Good once and for a minute, so every call gets its own. */
function assertion() {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: agent, sub: agent, aud: issuer, iat: now, exp: now + 60, jti: randomUUID() };
  const text = [{ alg: 'ES256', kid: jwk.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** Why it did not work: `code` for programs, the message for people. */
export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** Calls, and calls again where nothing was decided: no answer, 429, 5xx. Whatever is called here may be repeated. */
async function call(path, options) {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(issuer + path, options()).catch((error) => {
      if (tries === 5) throw error;
    });
    const answer = response && (await response.json().catch(() => ({})));
    const undecided = !response || [429, 500, 502, 503, 504].includes(response.status) || answer.code === 'in_progress';
    if (!undecided) return { ok: response.ok, answer };
    const seconds = Number(response?.headers.get('retry-after') ?? tries);
    if (response && (tries === 5 || seconds > 60))
      throw new Refused(answer.code ?? answer.error ?? response.status, `come back in ${seconds} seconds`);
    await pause(seconds * 1000);
  }
}

/** The REST half: JSON, and the assertion in the Authorization header. */
async function rest(method, path, json, more = {}) {
  const { ok, answer } = await call(path, () => ({
    method,
    headers: { authorization: `Bearer ${assertion()}`, ...(json && { 'content-type': 'application/json' }), ...more },
    body: json && JSON.stringify(json),
  }));
  if (!ok) throw new Refused(answer.code, [answer.detail, ...(answer.errors ?? []).map(JSON.stringify)].join(' '));
  return answer;
}

/** The OAuth half: a form with the assertion in it. The key brings a lost answer back, so that it loses no token. */
function tokenEndpoint(form) {
  const repeat = { 'idempotency-key': randomUUID() };
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return async () => {
    const { answer } = await call('/oauth/token', () => ({
      method: 'POST',
      headers: repeat,
      body: new URLSearchParams({ ...form, client_assertion_type: type, client_assertion: assertion() }),
    }));
    return answer;
  };
}

/** Waits until people or the clock have decided. */
async function decided(asked) {
  let story = asked;
  while (story.status === 'pending') {
    story = await rest('GET', `/v1/escalations/${asked.id}`, undefined, { prefer: 'wait=20' });
    if (story.status === 'pending') await pause(asked.continuation.interval * 1000);
  }
  if (story.status === 'approved') return story;
  const { code = story.status, reason = 'nobody decided in time, or it was withdrawn', next } = story.denial ?? {};
  throw new Refused(code, next ? `${reason} (next: ${next.action})` : reason);
}

/** Turns the approval into a token. The clock of the grant starts here. */
async function collect({ deferral_code, interval }) {
  const ask = tokenEndpoint({ grant_type: 'urn:ietf:params:oauth:grant-type:deferred', deferral_code });
  for (let seconds = interval; ;) {
    const answer = await ask();
    if (answer.access_token) return answer;
    if (answer.error === 'slow_down') seconds += 5;
    else if (answer.error !== 'authorization_pending') throw new Refused(answer.error, answer.error_description);
    await pause(seconds * 1000);
  }
}

/** A token that lives for at least ten seconds more, renewed where the grant outlives its tokens. */
function renewing(first, ttlSeconds) {
  const grantEnds = Date.now() + ttlSeconds * 1000;
  const held = (answer) => ({ token: answer.access_token, until: Date.now() + answer.expires_in * 1000 });
  let now = held(first);
  return async () => {
    if (now.until - Date.now() < 10_000 && now.until < grantEnds - 1000) {
      const answer = await tokenEndpoint({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: now.token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      })();
      if (!answer.access_token) throw new Refused(answer.error, answer.error_description);
      now = held(answer);
    }
    return now.token;
  };
}

/**
 * Does one piece of work with authority for it alone. `work` is given a function that answers a live token, and what was
 * granted, which may be less than what was asked. However it ends, the grant ends with it.
 */
export async function withGrant(ask, work) {
  const asked = await rest('POST', '/v1/escalations', ask, { 'idempotency-key': randomUUID() });
  console.error(`${asked.id} is ${asked.status}`);
  const { granted, grant } = await decided(asked);
  const first = await collect(asked.continuation);
  const path = `/v1/grants/${first.grant_id}`;
  const beats = grant.heartbeat_seconds && Math.max(1, grant.heartbeat_seconds / 2);
  const beat = () => rest('POST', `${path}/heartbeat`).catch((error) => console.error(error.message));
  const heart = beats && setInterval(beat, beats * 1000);
  let outcome = 'failed';
  try {
    const result = await work(renewing(first, granted.ttl), granted);
    outcome = 'succeeded';
    return result;
  } finally {
    clearInterval(heart);
    await rest('POST', `${path}/complete`, { outcome }).catch((error) => console.error(error.message));
  }
}

/** The work: one refund, at the resource server beside this file. */
async function main([order = '8812', amount = '4000']) {
  const args = { order, amount: Number(amount) };
  const ask = {
    resource: process.env.WRIT_RESOURCE ?? 'https://payments.example',
    authorization_details: [
      { type: 'tool_call', actions: ['refund.create'], identifier: `order/${order}`, arguments: args },
    ],
    requested_ttl: 120,
    max_uses: 1,
    task: { id: `refund-${randomUUID()}`, description: `Refund order ${order}` },
    justification: 'The parcel never arrived.',
  };
  return withGrant(ask, async (token) => {
    const response = await fetch(process.env.REFUNDS ?? 'http://127.0.0.1:4000/refunds', {
      method: 'POST',
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    if (!response.ok) throw new Error(`the refund was refused: ${response.status} ${await response.text()}`);
    return response.json();
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    console.log(JSON.stringify(await main(process.argv.slice(2))));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
