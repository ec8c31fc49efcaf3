import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { withSessions } from '../../harness/world/sealed.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

async function loginCode(person: string): Promise<string> {
  return withSessions(stage.world, (sessions) => sessions.issueLoginCode(person));
}

async function open(code: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return answer(
    await fetch(`${stage.broker.issuer}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ code }),
    }),
  );
}

/** What fetch would not send: a Host of our choosing, two cookies, no content type. */
function raw(method: string, path: string, headers: Record<string, string>, body = ''): Promise<number> {
  const { port } = new URL(stage.broker.issuer);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a login code', () => {
  it('opens one session, as a cookie that scripts, other sites and other hosts cannot have', async () => {
    const code = await loginCode('bob');
    const opened = await open(code);
    expect(opened.status).toBe(204);
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-writ_session=[A-Za-z0-9_-]{43}; /);
    expect(cookie.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      expect.stringMatching(/^Max-Age=\d+$/),
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    expect(opened.headers.get('cache-control')).toBe('no-store');
    expect(await open(code)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it.each(['', 'x', 'a'.repeat(43), null, 5])('that is %p opens nothing', async (code) => {
    const refused = await open(code);
    expect([400, 401]).toContain(refused.status);
    expect(refused.headers.get('set-cookie')).toBeNull();
  });

  it('opens once, however many try at the same time', async () => {
    const code = await loginCode('bob');
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => open(code)))).map((opened) => opened.status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(7);
  });

  it('is refused from another site', async () => {
    const code = await loginCode('bob');
    expect(await open(code, { origin: 'https://evil.example' })).toMatchObject({ status: 403, body: { code: 'csrf' } });
    expect((await open(code, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await open(code, { origin: stage.broker.issuer, 'sec-fetch-site': 'same-origin' })).status).toBe(204);
  });
});

describe('a session', () => {
  it('says whose it is and ends when its person ends it', async () => {
    const opened = await open(await loginCode('bob'));
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const current = () => fetch(`${stage.broker.issuer}/v1/sessions/current`, { headers: { cookie } });
    expect((await answer(await current())).body).toMatchObject({ person: 'bob', roles: ['approver'] });
    const closed = await fetch(`${stage.broker.issuer}/v1/sessions/current`, {
      method: 'DELETE',
      headers: { cookie, 'content-type': 'application/json' },
    });
    expect(closed.status).toBe(204);
    expect(closed.headers.get('set-cookie')).toMatch(/^__Host-writ_session=; .*Max-Age=0/);
    expect((await current()).status).toBe(401);
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?actor=bob&limit=200');
    expect((events.body.items as { type: string }[]).map((event) => event.type)).toEqual(
      expect.arrayContaining(['session.opened', 'session.closed']),
    );
  });

  it('is not two sessions, nor another one', async () => {
    const bob = await stage.person('bob');
    const carol = await stage.person('carol');
    expect(await raw('GET', '/v1/sessions/current', { cookie: `${bob.cookie}; ${carol.cookie}` })).toBe(401);
    expect(
      await raw('GET', '/v1/sessions/current', {
        cookie: `${bob.cookie.slice(0, -1)}${bob.cookie.endsWith('A') ? 'B' : 'A'}`,
      }),
    ).toBe(401);
    expect(await raw('GET', '/v1/sessions/current', { cookie: bob.cookie.replace('__Host-', '') })).toBe(401);
    expect(await raw('GET', '/v1/sessions/current', { cookie: bob.cookie })).toBe(200);
  });

  it('cannot ask for authority or redeem it', async () => {
    const bob = await stage.person('bob');
    expect((await bob.send('POST', '/v1/escalations', refundAsk())).status).toBe(403);
    expect((await bob.send('GET', '/v1/requestable')).status).toBe(403);
  });
});

describe('a decision with a cookie', () => {
  const decide = async (headers: Record<string, string>): Promise<Answer> => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    return (await stage.person('bob')).decide(asked, 'approve', {}, headers);
  };

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['the opaque origin', { origin: 'null' }],
    ['our host over another scheme', { origin: 'https://localhost' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['an address bar', { 'sec-fetch-site': 'none' }],
  ])('from %s is refused', async (_whence, headers) => {
    expect(await decide(headers)).toMatchObject({ status: 403, body: { code: 'csrf', type: 'urn:writ:problem:csrf' } });
  });

  it('from our own pages counts', async () => {
    expect(await decide({ origin: stage.broker.issuer, 'sec-fetch-site': 'same-origin' })).toMatchObject({
      status: 200,
      body: { vote: 'settled' },
    });
  });

  it('cannot be sent by a form', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const { cookie } = await stage.person('bob');
    const path = `/v1/escalations/${asked.id}/decisions`;
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
      expect([403, 415]).toContain(
        await raw(
          'POST',
          path,
          { cookie, 'content-type': type, host: new URL(stage.broker.issuer).host },
          JSON.stringify({ verdict: 'approve', digest: asked.digest }),
        ),
      );
    }
    expect(await raw('POST', path, { cookie, host: new URL(stage.broker.issuer).host })).toBe(403);
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
  });
});

describe('the Host header', () => {
  it('must name this broker', async () => {
    const { cookie } = await stage.person('bob');
    const { host } = new URL(stage.broker.issuer);
    for (const wrong of [
      'evil.example',
      `evil.example:${new URL(stage.broker.issuer).port}`,
      'localhost',
      `${host}.evil.example`,
    ]) {
      expect(await raw('GET', '/v1/sessions/current', { cookie, host: wrong })).toBe(400);
      expect(await raw('GET', '/.well-known/oauth-authorization-server', { host: wrong })).toBe(400);
    }
    expect(await raw('GET', '/v1/sessions/current', { cookie, host })).toBe(200);
  });

  it.each([
    ['POST', '/oauth/token'],
    ['GET', '/oauth/jwks'],
  ])('is refused to %s %s in the words of OAuth', async (method, path) => {
    const { port } = new URL(stage.broker.issuer);
    const refused = await new Promise<{ type: string | undefined; body: string }>((resolve, reject) => {
      const headers = { host: 'evil.example', 'content-type': 'application/x-www-form-urlencoded' };
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ type: response.headers['content-type'], body }));
      });
      sent.on('error', reject);
      sent.end('grant_type=x');
    });
    expect(refused.type).toMatch(/^application\/json/);
    expect(JSON.parse(refused.body)).toMatchObject({ error: 'invalid_request' });
  });
});

describe('a GET', () => {
  it('changes nothing, whichever route it calls and whoever calls', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const olga = await stage.person('olga');
    const { pool } = stage.world.database;
    const count = async (): Promise<unknown> =>
      (
        await pool.query(
          `select (select count(*) from "events" where "type" not like 'card.%') as e, (select count(*) from "votes") as v, (select count(*) from "sessions" where "ended_at" is null) as s`,
        )
      ).rows;
    const before = await count();
    for (const path of [
      `/v1/escalations/${asked.id}`,
      `/v1/escalations/${asked.id}/cancel`,
      `/v1/escalations/${asked.id}/decisions?verdict=approve`,
      '/v1/sessions',
      '/v1/sessions/current',
      '/v1/agents/support-bot/suspend',
      '/v1/grants',
      '/v1/audit/events',
      '/oauth/token',
      '/oauth/revoke',
      '/slack/events',
    ])
      expect([200, 404]).toContain((await olga.send('GET', path)).status);
    expect(await count()).toEqual(before);
  });
});
