import { join, resolve } from 'node:path';
import { readRedisUrl, REDIS_URL_FORMS } from '#delivery/bull/redis-url.js';
import { ROOT } from '../../root.js';
import { ProblemList } from '../configuration-error.js';
import { Variables, type SecretName } from './environment-variables.js';
import { isAddressOrBlock, isListenHost, isLoopbackHost, urlOf, withoutBrackets } from '../../outbound/network-addresses.js';
import { readProxies, type ProxyRules } from '../../outbound/outbound-proxies.js';
import { readSmtp, type SmtpEnvironment } from './smtp-environment.js';
import { anySlackVariable, readSlack, type SlackConnection } from './slack-environment.js';

export const ROLES = ['api', 'worker', 'slack', 'console'] as const;
export type Role = (typeof ROLES)[number];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const MASTER_KEY_BYTES = 32;

const SAMPLE = join(ROOT, 'config/sample');

/** As long as a proxy takes to notice that this process is not ready any more, and longer (deploy/compose/haproxy.cfg). */
const DRAIN_SECONDS = 3;
const DRAIN_SECONDS_MAX = 60;

/** Everything the environment says, checked, in the shape its readers want. */
export interface WritEnvironment {
  /** Null until the server listens: port 0 was asked and no issuer given; it is then `http://localhost:<port>`. */
  readonly issuer: string | null;
  readonly listen: {
    /** Socket addresses, no brackets. */
    readonly hosts: readonly string[];
    /** Listen on each host, but go on without one that this machine lacks (`::1` of the default pair). */
    readonly skipMissingHosts: boolean;
    /** 0 = any free port. */
    readonly port: number;
  };
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute; holds `writ.yaml` and `policies/`. */
  readonly configDir: string;
  /** False where `configDir` is the sample only because nobody named a folder. */
  readonly configNamed: boolean;
  readonly database:
    { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly url: string; readonly migrateUrl: string };
  readonly redisUrl: string | null;
  readonly roles: ReadonlySet<Role>;
  /** How long a process that serves goes on after it was told to end, while it says that it is not ready. */
  readonly drainSeconds: number;
  /** 32 bytes; null = the one that `loadOrCreateMasterKey` keeps in the data folder. */
  readonly masterKey: Buffer | null;
  readonly trustedProxies: readonly string[];
  readonly slack: SlackConnection | null;
  /** The local Slack starts by itself. */
  readonly localSlack: boolean;
  readonly oidc: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string } | null;
  /** Where notices by e-mail are handed over; null = there are none. */
  readonly smtp: SmtpEnvironment | null;
  readonly logLevel: LogLevel;
  readonly otelEndpoint: string | null;
  /** What the environment would send through a proxy. */
  readonly proxies: ProxyRules;
}

/**
 * Reads the variables of the contract once.
 * @param env usually `environmentOfProcess()`
 * @param root folder that relative paths and the data folder start from; the sample comes with Writ itself
 * @throws ConfigurationError that names every unusable or unknown variable with its rule and quotes no value
 */
export function readEnvironment(env: NodeJS.ProcessEnv, root: string): WritEnvironment {
  const problems = new ProblemList();
  const variables = new Variables(env, root, problems);
  variables.refuseUnknown();
  const listen = readListen(variables);
  const database = readDatabase(variables);
  const issuer = readIssuer(variables) ?? (listen.port === 0 ? null : `http://localhost:${listen.port}`);
  const roles = readRoles(variables);
  const loopback = listen.hosts.every(isLoopbackHost);
  const embedded = database.kind === 'embedded';
  if (embedded && !loopback)
    problems.add('WRIT_HOST', 'must be loopback with the embedded database (or set DATABASE_URL)');
  const result: WritEnvironment = {
    issuer,
    listen,
    dataDir: resolve(root, variables.read('WRIT_DATA_DIR') ?? '.writ'),
    configDir: resolve(root, variables.read('WRIT_CONFIG') ?? SAMPLE),
    configNamed: env.WRIT_CONFIG !== undefined,
    database,
    redisUrl: readRedis(variables),
    roles,
    drainSeconds: readDrain(variables, embedded),
    masterKey: readMasterKey(variables, embedded),
    trustedProxies: readTrustedProxies(variables),
    slack: readSlack(variables),
    localSlack:
      embedded &&
      loopback &&
      isLoopbackIssuer(issuer) &&
      ROLES.every((role) => roles.has(role)) &&
      !anySlackVariable(variables),
    oidc: readOidc(variables),
    smtp: readSmtp(variables),
    logLevel: readLogLevel(variables),
    otelEndpoint:
      env.OTEL_EXPORTER_OTLP_ENDPOINT === ''
        ? null
        : readUrl(variables, 'OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
    proxies: readProxies(env),
  };
  refuseProxies(problems, result);
  problems.throwIfAny('The environment');
  return result;
}

/** A proxy that is ignored without a word looks like an outage of whatever was called. */
function refuseProxies(problems: ProblemList, { proxies, slack, oidc, otelEndpoint }: WritEnvironment): void {
  const called = { SLACK_API_URL: slack?.apiUrl, WRIT_OIDC_ISSUER: oidc?.issuer, OTEL_EXPORTER_OTLP_ENDPOINT: otelEndpoint };
  for (const [name, text] of Object.entries(called)) {
    const url = urlOf(text ?? '');
    const variable = url === null ? null : proxies.variableFor(url);
    if (url === null || variable === null) continue;
    problems.add(
      variable,
      `is not honoured, and Writ calls ${url.hostname} (${name}) directly: unset it for this process, or name that host in NO_PROXY`,
    );
  }
}

function readListen(variables: Variables): WritEnvironment['listen'] {
  const host = variables.read('WRIT_HOST');
  if (host !== null && !isListenHost(host)) variables.problems.add('WRIT_HOST', 'must be one IP address or host name');
  const port = variables.read('WRIT_PORT') ?? '3000';
  const isPort = /^(0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535;
  if (!isPort) variables.problems.add('WRIT_PORT', 'must be an integer from 0 to 65535');
  return {
    hosts: host === null ? ['127.0.0.1', '::1'] : [withoutBrackets(host)],
    skipMissingHosts: host === null,
    port: isPort ? Number(port) : 3000,
  };
}

function readDatabase(variables: Variables): WritEnvironment['database'] {
  const url = readUrl(variables, 'DATABASE_URL', ['postgres:', 'postgresql:']);
  const migrateUrl = readUrl(variables, 'WRIT_MIGRATE_DATABASE_URL', ['postgres:', 'postgresql:']);
  if (!variables.isSet('DATABASE_URL')) {
    if (variables.isSet('WRIT_MIGRATE_DATABASE_URL'))
      variables.problems.add('WRIT_MIGRATE_DATABASE_URL', 'needs DATABASE_URL');
    return { kind: 'embedded' };
  }
  return { kind: 'external', url: url ?? '', migrateUrl: migrateUrl ?? url ?? '' };
}

function readUrl(
  variables: Variables,
  name: SecretName | 'OTEL_EXPORTER_OTLP_ENDPOINT',
  protocols: readonly string[],
): string | null {
  const text = variables.read(name);
  if (text === null || protocols.includes(urlOf(text)?.protocol ?? '')) return text;
  variables.problems.add(
    name,
    `must be a URL that begins ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );
  return null;
}

function readRedis(variables: Variables): string | null {
  const text = variables.read('REDIS_URL');
  if (text !== null && readRedisUrl(text) === null) variables.problems.add('REDIS_URL', `must be ${REDIS_URL_FORMS}`);
  return text;
}

/** RFC 8414 section 2, narrowed: an origin, so that `iss`, WebAuthn's origin and the cookie's host are one thing. */
function readIssuer(variables: Variables): string | null {
  const text = variables.read('WRIT_ISSUER');
  if (text === null) return null;
  const url = urlOf(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== text) {
    const rule =
      'must be an origin such as https://writ.example: no path, no trailing slash, no default port, lower case';
    variables.problems.add('WRIT_ISSUER', rule);
  } else if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    variables.problems.add('WRIT_ISSUER', 'must begin https:// unless its host is loopback');
  }
  return text;
}

function isLoopbackIssuer(issuer: string | null): boolean {
  return issuer === null || isLoopbackHost(urlOf(issuer)?.hostname ?? '');
}

function readRoles(variables: Variables): ReadonlySet<Role> {
  const names = (variables.read('WRIT_ROLES') ?? 'all').split(',').map((name) => name.trim());
  const known = names.every(
    (name): name is Role | 'all' => name === 'all' || (ROLES as readonly string[]).includes(name),
  );
  if (!known) variables.problems.add('WRIT_ROLES', `must be all, or a comma list of ${ROLES.join(', ')}`);
  return new Set(ROLES.filter((role) => names.includes('all') || names.includes(role)));
}

/** Nobody stands in front of the embedded default, and whoever ends it at a terminal does not want to wait. */
function readDrain(variables: Variables, embedded: boolean): number {
  const text = variables.read('WRIT_DRAIN_SECONDS') ?? (embedded ? '0' : String(DRAIN_SECONDS));
  const isDrain = /^(0|[1-9]\d?)$/.test(text) && Number(text) <= DRAIN_SECONDS_MAX;
  if (!isDrain) variables.problems.add('WRIT_DRAIN_SECONDS', `must be an integer from 0 to ${DRAIN_SECONDS_MAX}`);
  return isDrain ? Number(text) : 0;
}

function readMasterKey(variables: Variables, embedded: boolean): Buffer | null {
  const text = variables.read('WRIT_MASTER_KEY');
  if (text === null) {
    if (!embedded && !variables.isSet('WRIT_MASTER_KEY'))
      variables.problems.add('WRIT_MASTER_KEY', 'is required with DATABASE_URL');
    return null;
  }
  const key = masterKeyFrom(text);
  if (key === null) variables.problems.add('WRIT_MASTER_KEY', `must be exactly ${MASTER_KEY_BYTES} bytes in base64`);
  return key;
}

/** The key that base64 or base64url text spells, padded or not; null unless it is exactly 32 bytes. */
export function masterKeyFrom(text: string): Buffer | null {
  if (!/^([A-Za-z0-9+/]{43}|[A-Za-z0-9_-]{43})=?$/.test(text)) return null;
  const key = Buffer.from(text, 'base64');
  return key.length === MASTER_KEY_BYTES ? key : null;
}

function readTrustedProxies(variables: Variables): string[] {
  const text = variables.read('WRIT_TRUSTED_PROXIES');
  if (text === null) return [];
  const proxies = text.split(',').map((proxy) => proxy.trim());
  if (!proxies.every(isAddressOrBlock)) {
    variables.problems.add('WRIT_TRUSTED_PROXIES', 'must be a comma list of IP addresses or blocks such as 10.0.0.0/8');
  }
  return proxies;
}

function readOidc(variables: Variables): WritEnvironment['oidc'] {
  const names = ['WRIT_OIDC_ISSUER', 'WRIT_OIDC_CLIENT_ID', 'WRIT_OIDC_CLIENT_SECRET'] as const;
  const missing = names.filter((name) => !variables.isSet(name));
  if (missing.length === names.length) return null;
  if (missing.length > 0) variables.problems.add('WRIT_OIDC_*', `is all or none: ${missing.join(', ')} not set`);
  const [issuer, clientId, clientSecret] = names.map((name) => variables.read(name) ?? '') as [string, string, string];
  const url = urlOf(issuer);
  const isSafe =
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)));
  if (issuer !== '' && (!isSafe || url.search + url.hash + url.username + url.password !== '')) {
    variables.problems.add(
      'WRIT_OIDC_ISSUER',
      'must be an https URL (http on loopback) without query, fragment or userinfo',
    );
  }
  return { issuer, clientId, clientSecret };
}

function readLogLevel(variables: Variables): LogLevel {
  const text = variables.read('WRIT_LOG_LEVEL') ?? 'info';
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) variables.problems.add('WRIT_LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`);
  return level ?? 'info';
}
