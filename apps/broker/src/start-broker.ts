import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RegistrySource } from '#escalations/ports.js';
import { CallWindows } from '#identity/ports.js';
import { Sessions } from '#identity/people/sessions.js';
import { AuthenticationGuard } from '#platform/http/authentication.guard.js';
import { CallerOfHeader } from '#platform/http/caller-of-header.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import type { Role, WritEnvironment } from '#platform/config/environment/environment.js';
import { writeRunningIssuer } from '#platform/config/environment/running-issuer.js';
import { JsonLog } from '#platform/observe/log.js';
import { LostPage } from '#platform/http/lost-page.js';
import { OutageJudge, ProblemFilter } from '#platform/http/problem.filter.js';
import { OAuthDialect } from './serve/oauth-dialect.js';
import { ConcurrencyLimiter } from './serve/admission-lanes.js';
import { BudgetGuard } from './serve/budget.guard.js';
import { ContractPipe } from './api/edge/contract.pipe.js';
import { acceptedHosts, createAdapter, prepareHttp } from './serve/http-server.js';
import { Leaving } from './serve/drain.js';
import { observeHttp } from './observation/observe-http.js';
import { beginDatabase, type BegunDatabase } from './serve/begin-database.js';
import { open, type Opened } from './serve/open.js';
import { BrokerModule } from './roles.js';
import { noticeUnnamedProxy } from './serve/unnamed-proxy.js';

/** A connection that its client neither uses nor closes is cut then. */
const UNUSED_MS = 5_000;
/** Longer than anything waits for a lock or a statement. At a terminal everything ends within ten seconds. */
const UNDER_WAY_MS = { external: 18_000, embedded: 5_000 };

export interface RunningBroker {
  readonly issuer: string;
  /** Socket addresses, as `127.0.0.1:3000` or `[::1]:3000`. */
  readonly listening: readonly string[];
  /** Where the local Slack shows itself, `null` when none runs. */
  readonly localSlackUrl: string | null;
  /**
   * Stops intake, finishes what is under way, closes what was opened; safe to call twice.
   * @param drain until then it serves on, while it says that it leaves
   */
  close(drain?: Promise<unknown>): Promise<void>;
}

/** Somebody else listens there. */
export class PortTaken extends Error {
  constructor(port: number) {
    super(`port ${port} is taken; end what listens there or set WRIT_PORT to another`);
    this.name = 'PortTaken';
  }
}

/** There is no such address here, or it is not for this user. */
export class CannotListen extends Error {
  constructor(host: string, port: number, code: string) {
    super(`it cannot listen on ${host}, port ${port} (${code})`);
    this.name = 'CannotListen';
  }
}

/**
 * Opens everything, starts what the roles ask for and listens.
 * @param say gets a line for each long step
 * @param begun.database is on its way up already; whatever becomes of the broker, it is ended with it
 */
export async function startBroker(
  environment: WritEnvironment,
  say: (line: string) => void,
  begun: { readonly log?: JsonLog; readonly database?: BegunDatabase } = {},
): Promise<RunningBroker> {
  const { log = new JsonLog(environment.logLevel), database = beginDatabase(environment, say) } = begun;
  const opened = await open(environment, log, say, database);
  if (opened.slack === null)
    log.info(`Slack is off: no SLACK_* variables are set. People decide ${deciding(environment.roles)}.`);
  const leaving = new Leaving();
  let app: NestFastifyApplication | undefined;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const close = async (drain?: Promise<unknown>): Promise<void> => {
    // Nobody but probes calls a process that only works.
    const serves = [...environment.roles].some((role) => role !== 'worker');
    leaving.begin();
    if (serves) await drain;
    await drained(app, leaving, UNDER_WAY_MS[environment.database.kind]);
    await opened.close();
  };
  try {
    app = await NestFactory.create<NestFastifyApplication>(
      BrokerModule.holding(environment.roles, opened, ready),
      createAdapter(environment.trustedProxies),
      { rawBody: true, logger: log, abortOnError: false },
    );
    leaving.watch(app.getHttpAdapter().getInstance());
    configure(app, opened);
    await listen(app, opened);
    if (environment.database.kind === 'embedded') writeRunningIssuer(environment.dataDir, opened.issuer);
    setImmediate(isReady);
    let closing: Promise<void> | undefined;
    return {
      issuer: opened.issuer,
      listening: app.getHttpAdapter().getInstance().addresses().map(socketWords),
      localSlackUrl: opened.localSlack?.pageUrl ?? null,
      close: (drain) => (closing ??= close(drain)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ends when what is under way has ended; nothing and nobody holds the process up for ever. */
async function drained(app: NestFastifyApplication | undefined, leaving: Leaving, underWayMs: number): Promise<void> {
  if (app === undefined) return;
  const cuts = [
    setTimeout(() => leaving.cutUnused(), UNUSED_MS),
    setTimeout(() => (app.getHttpServer() as Server).closeAllConnections(), underWayMs),
  ];
  await app.close().finally(() => cuts.forEach((cut) => clearTimeout(cut)));
}

function configure(app: NestFastifyApplication, { issuer, environment, observation }: Opened): void {
  observeHttp(app.getHttpAdapter().getInstance(), observation.metrics, observation.tracer);
  const { hosts, port } = environment.listen;
  noticeUnnamedProxy(app.getHttpAdapter().getInstance(), environment, app.get(JsonLog));
  prepareHttp(app, acceptedHosts(issuer, hosts, port));
  app.useGlobalInterceptors(app.get(ConcurrencyLimiter));
  app.useGlobalPipes(new ContractPipe());
  app.useGlobalFilters(
    new ProblemFilter(app.get(JsonLog), app.get(OutageJudge), new OAuthDialect(), app.get(LostPage)),
  );
  app.useGlobalGuards(
    new AuthenticationGuard(
      app.get(Reflector),
      app.get(CallerOfHeader),
      app.get(Sessions),
      app.get(RegistrySource),
      app.get(BrokerIdentity),
    ),
    new BudgetGuard(app.get(CallWindows), app.get(RegistrySource)),
  );
}

/** The default pair is Fastify's `localhost`, which takes ::1 too where the machine has it. */
async function listen(app: NestFastifyApplication, { environment }: Opened): Promise<void> {
  const { hosts, port, skipMissingHosts } = environment.listen;
  try {
    await app.listen({ port, host: skipMissingHosts ? 'localhost' : hosts[0] });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new PortTaken(port);
    if (code !== undefined && (syscall === 'listen' || syscall === 'getaddrinfo'))
      throw new CannotListen(hosts.join(' and '), port, code);
    throw error;
  }
}

function socketWords(socket: string | AddressInfo): string {
  if (typeof socket === 'string') return socket;
  const { address, port } = socket;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How people decide while no card comes. */
function deciding(roles: ReadonlySet<Role>): string {
  return roles.has('console') ? 'in the console and over REST' : 'over REST, and in the console where one runs';
}
