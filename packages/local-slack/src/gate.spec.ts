import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLocalSlack, type LocalSlack } from './server.js';

let slack: LocalSlack;
beforeAll(async () => {
  slack = await startLocalSlack();
});
afterAll(() => slack.close());

/** Asks with exactly these headers (fetch would not let Host be set); returns the status. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(slack.url + path, { method, headers, agent: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'POST' ? '{}' : undefined);
  });
}

describe('page and driver', () => {
  it.each(['/', '/parts', '/_dev/messages', '/_dev/journal'])(
    '%s needs the token of the printed address',
    async (path) => {
      const port = new URL(slack.url).port;
      expect(await ask(path)).toBe(403);
      expect(await ask(`${path}?token=wrong`)).toBe(403);
      expect(await ask(path, { authorization: `Bearer ${slack.env.SLACK_BOT_TOKEN}` })).toBe(403);
      const carriers: Record<string, string>[] = [
        { 'x-dev-token': slack.token },
        { authorization: `Bearer ${slack.token}` },
        { cookie: `other=1; local_slack_${port}=${slack.token}` },
      ];
      for (const headers of carriers) expect(await ask(path, headers)).toBe(200);
      expect(await ask(`${path}?token=${slack.token}`)).toBe(200);
    },
  );

  it('refuse a foreign Host, even with the token', async () => {
    for (const host of ['evil.example', `evil.example:${new URL(slack.url).port}`, '127.0.0.1:1'])
      expect(await ask(`/_dev/messages?token=${slack.token}`, { host })).toBe(403);
  });

  it('refuse a foreign Origin, even with the token', async () => {
    const path = `/_dev/messages?token=${slack.token}`;
    for (const origin of ['http://evil.example', 'null', 'http://localhost:3000'])
      expect(await ask(path, { origin })).toBe(403);
    expect(await ask(path, { origin: slack.url })).toBe(200);
    expect(await ask(path, { origin: slack.url.toUpperCase() })).toBe(200);
    expect(await ask(path, { origin: `https${slack.url.slice('http'.length)}` })).toBe(403);
  });

  it('know their own name in any case, and with the dot of the root', async () => {
    const { port } = new URL(slack.url);
    for (const host of [`LOCALHOST:${port}`, `localhost.:${port}`, `[::1]:${port}`])
      expect(await ask(`/_dev/messages?token=${slack.token}`, { host })).toBe(200);
    for (const host of ['localhost', 'localhost.', `localhost..:${port}`, `x.localhost:${port}`])
      expect(await ask(`/_dev/messages?token=${slack.token}`, { host })).toBe(403);
  });

  it('sign a browser in by a cookie that scripts and other sites cannot use', async () => {
    const response = await fetch(slack.pageUrl);
    expect(response.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  });

  it('answer 400 to a malformed command and 404 to an unknown route', async () => {
    const headers = { 'x-dev-token': slack.token };
    expect(await ask('/_dev/click', headers, 'POST')).toBe(400);
    expect(await ask('/_dev/nothing', headers, 'POST')).toBe(404);
    expect(await ask('/_dev/toString', headers, 'POST')).toBe(404);
  });
});

describe('starting', () => {
  it('refuses any address but loopback', async () => {
    await expect(startLocalSlack({ host: '0.0.0.0' })).rejects.toThrow(/loopback/);
  });

  it('keeps given credentials, so that several processes can share them', async () => {
    const seed = {
      botToken: 'xoxb-shared',
      signingSecret: 'shared-secret-of-a-test',
      appId: 'A1',
      botId: 'B1',
      botUserId: 'U9',
      pageToken: 'page',
    };
    const shared = await startLocalSlack({ seed });
    expect(shared.env).toEqual({
      SLACK_BOT_TOKEN: 'xoxb-shared',
      SLACK_SIGNING_SECRET: 'shared-secret-of-a-test',
      SLACK_APP_ID: 'A1',
      SLACK_TEAM_ID: 'T0001',
      SLACK_BOT_ID: 'B1',
      SLACK_BOT_USER_ID: 'U9',
      SLACK_API_URL: `${shared.url}/api/`,
    });
    expect(shared.pageUrl).toBe(`${shared.url}/?token=page`);
    await shared.close();
  });

  it('makes new secrets each time otherwise', async () => {
    const other = await startLocalSlack();
    expect(other.env.SLACK_BOT_TOKEN).not.toBe(slack.env.SLACK_BOT_TOKEN);
    expect(other.env.SLACK_SIGNING_SECRET).not.toBe(slack.env.SLACK_SIGNING_SECRET);
    expect(other.token).not.toBe(slack.token);
    await other.close();
  });
});
