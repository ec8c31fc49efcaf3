import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { readEnvironment } from './environment.js';

const root = resolve('/srv/writ');
const external = {
  DATABASE_URL: 'postgresql://db.internal/writ',
  WRIT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
};
const workspace = {
  SLACK_BOT_TOKEN: 'xoxb-not-a-real-token',
  SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
  SLACK_APP_ID: 'A0001',
  SLACK_TEAM_ID: 'T0001',
  SLACK_BOT_ID: 'B0001',
  SLACK_BOT_USER_ID: 'U0009',
};

describe('Slack’s API URL', () => {
  it.each([
    'https://slack.com/api/',
    'https://slack-gov.com/api/',
    'http://127.0.0.1:4001/api/',
    'http://localhost:4001/x/api/',
    'https://[::1]:4001/api/',
  ])('may be %s', (url) => {
    expect(readEnvironment({ ...workspace, SLACK_API_URL: url }, root).slack?.apiUrl).toBe(url);
  });

  it.each([
    'http://slack.com/api/',
    'https://slack.com/api',
    'https://slack.com/',
    'https://slack.com.evil.example/api/',
    'https://slack.com@evil.example/api/',
    'https://evil.example/?https://slack.com/api/',
    'http://127.0.0.1.evil.example/api/',
    'http://a:b@127.0.0.1/api/',
    'http://127.0.0.1/?/api/',
    'http://10.0.0.1/api/',
    'file://localhost/api/',
    'slack.com/api/',
  ])('may not be %s', (url) => {
    expect(() => readEnvironment({ ...workspace, SLACK_API_URL: url }, root)).toThrow('SLACK_API_URL: must be');
  });
});

describe('the local Slack starts by itself', () => {
  it.each<[string, NodeJS.ProcessEnv]>([
    ['with an external database', external],
    ['with an issuer in the open', { WRIT_ISSUER: 'https://writ.example' }],
    ['without all roles', { WRIT_ROLES: 'api,worker' }],
    ['beside a workspace', workspace],
  ])('not %s', (_name, env) => {
    expect(readEnvironment(env, root).localSlack).toBe(false);
  });

  it('when every role is named one by one', () => {
    expect(readEnvironment({ WRIT_ROLES: 'console,slack,worker,api' }, root).localSlack).toBe(true);
  });
});
