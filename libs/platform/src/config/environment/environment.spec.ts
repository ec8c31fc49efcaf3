import { describe, expect, it } from '@jest/globals';
import { join, resolve } from 'node:path';
import { readEnvironment } from './environment.js';
import { environmentProblems } from '../testing/environment-problems.js';

const root = resolve('/srv/writ');
const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => environmentProblems(env, root);
const key = Buffer.alloc(32, 251);
const external = {
  DATABASE_URL: 'postgresql://writ:hunter2@db.internal/writ',
  WRIT_MASTER_KEY: key.toString('base64'),
};
const workspace = {
  SLACK_BOT_TOKEN: 'xoxb-not-a-real-token',
  SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
  SLACK_APP_ID: 'A0001',
  SLACK_TEAM_ID: 'T0001',
  SLACK_BOT_ID: 'B0001',
  SLACK_BOT_USER_ID: 'U0009',
};

describe('the environment', () => {
  it('needs nothing: the default is the embedded database on loopback with the local Slack', () => {
    expect(readEnvironment({ PATH: '/bin' }, root)).toEqual({
      issuer: 'http://localhost:3000',
      listen: { hosts: ['127.0.0.1', '::1'], skipMissingHosts: true, port: 3000 },
      dataDir: join(root, '.writ'),
      configDir: join(process.cwd(), 'config', 'sample'),
      configNamed: false,
      database: { kind: 'embedded' },
      redisUrl: null,
      roles: new Set(['api', 'worker', 'slack', 'console']),
      drainSeconds: 0,
      masterKey: null,
      trustedProxies: [],
      slack: null,
      localSlack: true,
      oidc: null,
      smtp: null,
      logLevel: 'info',
      otelEndpoint: null,
      proxies: expect.anything(),
    });
  });

  it('reads every variable into its place', () => {
    const read = readEnvironment(
      {
        ...external,
        ...workspace,
        WRIT_ISSUER: 'https://writ.example',
        WRIT_HOST: '0.0.0.0',
        WRIT_PORT: '8443',
        WRIT_DATA_DIR: '/var/lib/writ',
        WRIT_CONFIG: 'mine',
        WRIT_MIGRATE_DATABASE_URL: 'postgres://owner@db.internal/writ',
        REDIS_URL: 'rediss://cache.internal',
        WRIT_ROLES: 'api, worker',
        WRIT_DRAIN_SECONDS: '10',
        WRIT_TRUSTED_PROXIES: '10.0.0.0/8, fd00::1',
        SLACK_APP_TOKEN: 'xapp-1',
        WRIT_OIDC_ISSUER: 'https://login.example/realm',
        WRIT_OIDC_CLIENT_ID: 'writ',
        WRIT_OIDC_CLIENT_SECRET: 'secret',
        WRIT_SMTP_URL: 'smtps://writ:pw@mail.example:465',
        WRIT_SMTP_FROM: 'writ@example.com',
        WRIT_LOG_LEVEL: 'debug',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      },
      root,
    );
    expect(read).toMatchObject({
      issuer: 'https://writ.example',
      listen: { hosts: ['0.0.0.0'], skipMissingHosts: false, port: 8443 },
      dataDir: resolve('/var/lib/writ'),
      configDir: join(root, 'mine'),
      configNamed: true,
      database: { kind: 'external', url: external.DATABASE_URL, migrateUrl: 'postgres://owner@db.internal/writ' },
      redisUrl: 'rediss://cache.internal',
      roles: new Set(['api', 'worker']),
      drainSeconds: 10,
      masterKey: key,
      trustedProxies: ['10.0.0.0/8', 'fd00::1'],
      slack: {
        botToken: workspace.SLACK_BOT_TOKEN,
        appToken: 'xapp-1',
        apiUrl: 'https://slack.com/api/',
        teamId: 'T0001',
      },
      localSlack: false,
      oidc: { issuer: 'https://login.example/realm', clientId: 'writ', clientSecret: 'secret' },
      smtp: { url: 'smtps://writ:pw@mail.example:465', from: 'writ@example.com', loopback: false },
      logLevel: 'debug',
      otelEndpoint: 'http://collector:4318',
    });
  });

  it('leaves the issuer open while any free port is asked for', () => {
    expect(readEnvironment({ WRIT_PORT: '0' }, root)).toMatchObject({
      issuer: null,
      localSlack: true,
      listen: { port: 0 },
    });
    expect(readEnvironment({ WRIT_PORT: '0', WRIT_ISSUER: 'https://w.example' }, root).issuer).toBe(
      'https://w.example',
    );
  });

  it('accepts the master key in either base64 alphabet, padded or not', () => {
    for (const text of [key.toString('base64'), key.toString('base64url'), key.toString('base64').replace('=', '')]) {
      expect(readEnvironment({ WRIT_MASTER_KEY: text }, root).masterKey).toEqual(key);
    }
  });

  it('listens on a bracketed IPv6 address without its brackets', () => {
    expect(readEnvironment({ WRIT_HOST: '[::1]' }, root).listen.hosts).toEqual(['::1']);
  });

  it('takes an empty OTLP endpoint as unset, as OpenTelemetry does', () => {
    expect(readEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, root).otelEndpoint).toBeNull();
  });
});

describe('an unusable variable stops the process', () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['an unknown WRIT_ name', { WRIT_ISSUSER: 'https://writ.example' }, 'WRIT_ISSUSER: is not a variable of Writ'],
    ['a plain variable from a file', { WRIT_PORT_FILE: '/run/port' }, 'WRIT_PORT_FILE: is not a variable of Writ'],
    ['an empty value', { WRIT_CONFIG: ' ' }, 'WRIT_CONFIG: is empty'],
    ['an issuer with a trailing slash', { WRIT_ISSUER: 'https://writ.example/' }, 'WRIT_ISSUER: must be an origin'],
    ['an issuer with a path', { WRIT_ISSUER: 'https://writ.example/a' }, 'WRIT_ISSUER: must be an origin'],
    ['an issuer with userinfo', { WRIT_ISSUER: 'https://a@writ.example' }, 'WRIT_ISSUER: must be an origin'],
    [
      'an issuer that spells its default port',
      { WRIT_ISSUER: 'https://writ.example:443' },
      'WRIT_ISSUER: must be an origin',
    ],
    ['an issuer of another scheme', { WRIT_ISSUER: 'ftp://writ.example' }, 'WRIT_ISSUER: must be an origin'],
    ['a plain-text issuer', { WRIT_ISSUER: 'http://writ.example' }, 'WRIT_ISSUER: must begin https://'],
    [
      'an issuer that only looks like loopback',
      { WRIT_ISSUER: 'http://localhost.evil.example' },
      'WRIT_ISSUER: must begin https://',
    ],
    ['a port beyond 65535', { WRIT_PORT: '65536' }, 'WRIT_PORT: must be an integer from 0 to 65535'],
    ['a port with a sign', { WRIT_PORT: '+80' }, 'WRIT_PORT: must be an integer'],
    [
      'a host with a port',
      { ...external, WRIT_HOST: 'writ.example:80' },
      'WRIT_HOST: must be one IP address or host name',
    ],
    ['a mistyped address', { ...external, WRIT_HOST: '127.0.0.999' }, 'WRIT_HOST: must be one IP address or host name'],
    [
      'the embedded database in the open',
      { WRIT_HOST: '0.0.0.0' },
      'WRIT_HOST: must be loopback with the embedded database',
    ],
    [
      'a database of another kind',
      { ...external, DATABASE_URL: 'mysql://db/writ' },
      'DATABASE_URL: must be a URL that begins postgres://',
    ],
    [
      'an external database without a master key',
      { DATABASE_URL: external.DATABASE_URL },
      'WRIT_MASTER_KEY: is required with DATABASE_URL',
    ],
    [
      'a migration URL alone',
      { WRIT_MIGRATE_DATABASE_URL: 'postgres://db/writ' },
      'WRIT_MIGRATE_DATABASE_URL: needs DATABASE_URL',
    ],
    [
      'a master key of 31 bytes',
      { WRIT_MASTER_KEY: Buffer.alloc(31).toString('base64') },
      'WRIT_MASTER_KEY: must be exactly 32 bytes',
    ],
    [
      'a master key of 33 bytes',
      { WRIT_MASTER_KEY: Buffer.alloc(33).toString('base64') },
      'WRIT_MASTER_KEY: must be exactly 32 bytes',
    ],
    ['a master key in hexadecimal', { WRIT_MASTER_KEY: 'ab'.repeat(32) }, 'WRIT_MASTER_KEY: must be exactly 32 bytes'],
    [
      'Sentinels that know no name',
      { REDIS_URL: 'redis+sentinel://s1:26379' },
      'REDIS_URL: must be redis://host',
    ],
    ['a Redis URL of another scheme', { REDIS_URL: 'http://cache' }, 'REDIS_URL: must be redis://host'],
    [
      'an unknown role',
      { WRIT_ROLES: 'api,cron' },
      'WRIT_ROLES: must be all, or a comma list of api, worker, slack, console',
    ],
    ['an empty role', { WRIT_ROLES: 'api,' }, 'WRIT_ROLES: must be all'],
    ['a drain beyond a minute', { WRIT_DRAIN_SECONDS: '61' }, 'WRIT_DRAIN_SECONDS: must be an integer from 0 to 60'],
    [
      'a proxy by name',
      { WRIT_TRUSTED_PROXIES: 'proxy.internal' },
      'WRIT_TRUSTED_PROXIES: must be a comma list of IP addresses',
    ],
    ['a proxy block too narrow', { WRIT_TRUSTED_PROXIES: '10.0.0.0/33' }, 'WRIT_TRUSTED_PROXIES: must be'],
    [
      'a partial Slack set',
      { ...workspace, SLACK_BOT_ID: undefined, SLACK_APP_ID: undefined },
      'SLACK_*: is all or none: SLACK_APP_ID, SLACK_BOT_ID not set',
    ],
    ['a Slack app token alone', { SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_*: is all or none'],
    ['a Slack API URL alone', { SLACK_API_URL: 'https://slack.com/api/' }, 'SLACK_*: is all or none'],
    ['an empty signing secret', { ...workspace, SLACK_SIGNING_SECRET: '' }, 'SLACK_SIGNING_SECRET: is empty'],
    [
      'a short signing secret',
      { ...workspace, SLACK_SIGNING_SECRET: 'abc' },
      'SLACK_SIGNING_SECRET: must have at least 16 characters',
    ],
    [
      'a bot token with a line break',
      { ...workspace, SLACK_BOT_TOKEN: 'xoxb-1\n' },
      'SLACK_BOT_TOKEN: must not hold spaces or line breaks',
    ],
    ['a Slack id with other characters', { ...workspace, SLACK_TEAM_ID: 'T/1' }, 'SLACK_TEAM_ID: must be a Slack id'],
    [
      'a partial OIDC set',
      { WRIT_OIDC_ISSUER: 'https://login.example' },
      'WRIT_OIDC_*: is all or none: WRIT_OIDC_CLIENT_ID, WRIT_OIDC_CLIENT_SECRET not set',
    ],
    ['a mail server without a sender', { WRIT_SMTP_URL: 'smtp://mail.example' }, 'WRIT_SMTP_*: is both or none'],
    [
      'a mail server by another protocol',
      { WRIT_SMTP_URL: 'http://mail.example', WRIT_SMTP_FROM: 'a@example.com' },
      'WRIT_SMTP_URL: must be a URL that begins smtp://',
    ],
    [
      'a mail server whose checks are turned off',
      { WRIT_SMTP_URL: 'smtp://mail.example/?tls.rejectUnauthorized=false', WRIT_SMTP_FROM: 'a@example.com' },
      'WRIT_SMTP_URL: must have no path, query or fragment',
    ],
    [
      'a sender with a name',
      { WRIT_SMTP_URL: 'smtp://mail.example', WRIT_SMTP_FROM: 'Writ <a@example.com>' },
      'WRIT_SMTP_FROM: must be one e-mail address',
    ],
    ['an unknown log level', { WRIT_LOG_LEVEL: 'INFO' }, 'WRIT_LOG_LEVEL: must be one of fatal'],
    [
      'a collector that is no URL',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL',
    ],
  ])('%s', (_name, env, problem) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('all problems come in one message', () => {
    const problems = problemsOf({ WRIT_PORT: 'x', WRIT_LOG_LEVEL: 'loud', WRIT_X: '1', DATABASE_URL: 'nonsense' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'WRIT_X',
      'WRIT_PORT',
      'DATABASE_URL',
      'WRIT_MASTER_KEY',
      'WRIT_LOG_LEVEL',
    ]);
  });

  it('no secret is ever quoted', () => {
    const secret = 'hunter2';
    const names = [
      'DATABASE_URL',
      'WRIT_MIGRATE_DATABASE_URL',
      'REDIS_URL',
      'WRIT_MASTER_KEY',
      'WRIT_OIDC_CLIENT_SECRET',
    ];
    const slackNames = ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'];
    const env = Object.fromEntries(
      [...names, ...slackNames].flatMap((name) => [
        [name, secret],
        [`${name}_FILE`, secret],
      ]),
    );
    expect(problemsOf(env).length).toBeGreaterThan(8);
    expect(problemsOf(env).join()).not.toContain(secret);
    expect(problemsOf(Object.fromEntries(names.map((name) => [name, `${secret} x`]))).join()).not.toContain(secret);
    expect(problemsOf({ WRIT_MASTER_KEY_FILE: secret }).join()).not.toContain(secret);
  });
});
