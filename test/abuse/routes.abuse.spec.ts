import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { sendRaw } from '../harness/judges/problem.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';

interface Route {
  readonly method: string;
  readonly path: string;
}

/** They answer for as long as they are read: the flows of inbox and feed hold them to the same rules. */
const STREAMS: readonly string[] = ['/v1/inbox/stream', '/v1/revocations/stream'];
/** Anybody's: what it tells is a bit for each number, whose meaning only holders of a token know. */
const PUBLIC_LIST = '/status/{list}';
/** Every operation of the published description: a route that is added there is in every test below. */
const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, unknown>>;
};
const ROUTES: readonly Route[] = Object.entries(paths).flatMap(([path, item]) =>
  STREAMS.includes(path) ? [] : Object.keys(item).map((method) => ({ method: method.toUpperCase(), path })),
);
const WITH_ID = ROUTES.filter(({ path }) => path.includes('{') && path !== PUBLIC_LIST);

/** What a caller with the right to do it would send; a route that is not here is sent `{}`. */
const BODIES: Readonly<Record<string, unknown>> = {
  '/v1/escalations/{id}/decisions': { verdict: 'approve', digest: `sha256:${'0'.repeat(64)}` },
  '/v1/escalations/{id}/step-up': { verdict: 'approve', digest: `sha256:${'0'.repeat(64)}` },
  '/v1/escalations/{id}/comments': { text: 'Let me through.' },
  '/v1/escalations/{id}/review': { note: 'All was well.' },
  '/v1/agents/{id}/deny-pending': { reason: 'A rival.' },
  '/v1/grants/{id}/complete': { outcome: 'abandoned' },
  '/v1/grants/{id}/revoke': { reason: 'Mine now.' },
  '/v1/agents/{id}/suspend': { reason: 'A rival.' },
  '/v1/agents/{id}/resume': { reason: 'A friend.' },
};

let stage: Stage;
/** By the noun of the path: ids that are somebody's, and one that is nobody's. */
let known: Readonly<Record<string, { readonly real: readonly string[]; readonly missing: string }>>;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api,slack' });
  const asked = created(await stage.caller('support-bot').ask(refundAsk('1')), 202);
  const ready = await approvedRefund(stage);
  const active = await collectedRefund(stage);
  const escalations = [asked.id, ready.id, active.id];
  const grants = [ready.grant, active.grant];
  known = {
    escalations: { real: [...escalations, ...grants], missing: 'esc_01KAMZ0000000000000000000A' },
    grants: { real: [...grants, ...escalations], missing: 'grt_01KAMZ0000000000000000000A' },
    agents: { real: ['support-bot'], missing: 'nobody-bot' },
    rules: { real: ['refunds'], missing: 'no-such-rule' },
    sessions: { real: await sessionsOf('carol'), missing: 'AAAAAAAAAAAA' },
    passkeys: { real: [], missing: 'AAAAAAAAAAAA' },
    // Whoever has a role may read what was in force: nothing there is anybody's.
    policies: { real: [], missing: `sha256:${'0'.repeat(64)}` },
    status: { real: ['1'], missing: '999' },
    'slack-links': { real: [], missing: 'AAAAAAAAAAAA' },
  };
  for (const id of ['bob', 'dave', 'erin', 'olga', 'omar']) await stage.person(id);
});
afterAll(() => stage.close());

async function sessionsOf(person: string): Promise<string[]> {
  const got = await (await stage.person(person)).send('GET', '/v1/people/sessions');
  return (got.body as { items: { id: string }[] }).items.map(({ id }) => id);
}

const noun = (path: string): string => path.split('/{')[0]?.split('/').pop() ?? '';
const filled = (path: string, id: string): string => path.replace(/\{[^}]+\}/g, id);

function idsOf(path: string): { readonly real: readonly string[]; readonly missing: string } {
  const ids = known[noun(path)];
  if (ids === undefined) throw new Error(`tell this test what ${path} is asked for: add the noun to "known"`);
  return ids;
}

type Guess = (method: string, path: string, body: unknown) => Promise<Answer>;
/** Callers who have no part in what support-bot asked. */
const GUESSERS: readonly (readonly [string, () => Promise<Guess>])[] = [
  ['another agent', async () => (method, path, body) => stage.caller('rival-bot').send(method, path, body)],
  ['a resource server', async () => (method, path, body) => stage.caller('other-api').send(method, path, body)],
  [
    'a person without a part',
    async () => {
      const dave = await stage.person('dave');
      return (method, path, body) => dave.send(method, path, body);
    },
  ],
  ['nobody', async () => (method, path) => sendRaw(stage.broker.issuer + path, method, undefined)],
];

/** An answer without the id that was asked for, which some repeat. */
function shown({ status, body }: Answer, id: string): unknown {
  return [status, JSON.stringify(body).replaceAll(`"${id}"`, '""')];
}

/** A mass denial denies what one may decide: for those without a part that is nothing, of whatever agent. */
function isRefused(path: string, { status, body }: Answer): boolean {
  if (path.endsWith('/deny-pending') && status === 200) return (body as { denied: unknown }).denied === 0;
  return status >= 401 && status <= 404;
}

/** Ids that are no ids: none may be told from one that does not exist, none may break anything. */
const NO_IDS = ['..', '.', '%2e%2e%2f', '0', '-1', "'--", '%00', '*', '__proto__', 'a'.repeat(400), '%F0%9F%94%91'];

describe.each(GUESSERS)('%s guesses ids', (who, begin) => {
  it.each(WITH_ID.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'on %s: what exists is answered as what does not, and nothing changes',
    async (_name, { method, path }) => {
      const guess = await begin();
      const body = method === 'GET' ? undefined : (BODIES[path] ?? {});
      const { real, missing } = idsOf(path);
      const nothing = await guess(method, filled(path, missing), body);
      // Who may not decide is told so, and why (contract): an approver must not be left guessing.
      const told = who === 'a person without a part' && /\/(decisions|step-up)$/.test(path);
      for (const id of real) {
        const before = await fingerprint(stage.world.database.pool);
        const got = await guess(method, filled(path, id), body);
        expect([path, isRefused(path, got)]).toEqual([path, true]);
        if (!told) expect(shown(got, id)).toEqual(shown(nothing, missing));
        if (!told) expect(await fingerprint(stage.world.database.pool)).toBe(before);
      }
    },
  );

  it('that are none: always refused, never a failure from within', async () => {
    const guess = await begin();
    const before = await fingerprint(stage.world.database.pool);
    for (const { method, path } of WITH_ID)
      for (const id of NO_IDS) {
        const got = await guess(method, filled(path, id), method === 'GET' ? undefined : (BODIES[path] ?? {}));
        const refused = got.status >= 400 && got.status < 500;
        expect([path, id, refused || isRefused(path, got)]).toEqual([path, id, true]);
      }
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });
});

/** Addresses that a scanner could meet beside those of the description. */
const DISCOVERED = [
  '/',
  '/?code=x',
  '/login',
  '/openapi.json',
  '/metrics',
  '/slack/events',
  '/slack/events?challenge=x',
  '/robots.txt',
  '/favicon.ico',
  '/log/checkpoint',
  '/v1',
  '/oauth/authorize',
];
const OVERRIDES: readonly Record<string, string>[] = [
  {},
  { 'x-http-method-override': 'POST' },
  { 'x-method-override': 'DELETE' },
  { prefer: 'wait=0' },
  { 'sec-purpose': 'prefetch' },
];

/** Every address that can be asked for, whatever the method it is meant for. */
function addresses(): string[] {
  const templates = [...ROUTES.map(({ path }) => path), ...DISCOVERED];
  const real = [...new Set(templates)].flatMap((path) =>
    path.includes('{') ? idsOf(path).real.map((id) => filled(path, id)) : [path],
  );
  return real.flatMap((path) => [
    path,
    `${path}${path.includes('?') ? '&' : '?'}_method=POST&verdict=approve&reason=x`,
  ]);
}

describe('a link that is only opened', () => {
  it.each(['bob', 'omar', 'erin', 'olga'])('by %s’s browser, scanner or prefetch changes nothing', async (id) => {
    const person = await stage.person(id);
    const before = await fingerprint(stage.world.database.pool);
    for (const path of addresses())
      for (const headers of OVERRIDES.slice(0, id === 'bob' ? OVERRIDES.length : 1)) {
        const got = await person.send('GET', path, undefined, headers);
        expect([path, got.status < 500]).toEqual([path, true]);
        expect(got.headers.get('set-cookie')).toBeNull();
      }
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('by HEAD or OPTIONS changes nothing either, and no other origin may read', async () => {
    const bob = await stage.person('bob');
    const before = await fingerprint(stage.world.database.pool);
    for (const path of addresses())
      for (const method of ['HEAD', 'OPTIONS']) {
        const got = await sendRaw(stage.broker.issuer + path, method, undefined, {
          cookie: bob.cookie,
          origin: 'https://evil.example',
          'access-control-request-method': 'POST',
        });
        expect([path, got.status < 500]).toEqual([path, true]);
        expect(got.headers.get('access-control-allow-origin')).toBeNull();
      }
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('is the only way that the description knows to read: no GET of it takes a body', () => {
    for (const { method, path } of ROUTES.filter((route) => route.method === 'GET'))
      expect(paths[path]?.[method.toLowerCase()]).not.toHaveProperty('requestBody');
  });
});
