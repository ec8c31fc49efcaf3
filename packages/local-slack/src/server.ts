import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeCredentials, type Credentials } from './credentials.js';
import { Delivery, type DeliveryChannel } from './delivery.js';
import { Driver, type TestControls, type PeopleActions } from './driver.js';
import { Faults } from './faults.js';
import { Gate } from './gate.js';
import { send, sendJson, type Request } from './http.js';
import { Interactions } from './interactions.js';
import { Journal, type JournalEntry } from './journal.js';
import { OpenViews } from './open-views.js';
import { Page } from './page/page-routes.js';
import { respond } from './respond.js';
import { Links } from './socket-mode/links.js';
import type { SocketMode } from './socket-mode/socket-mode.js';
import type { Sockets } from './socket-mode/sockets.js';
import { ResponseUrls } from './response-urls.js';
import { Triggers } from './triggers.js';
import { Typing } from './typing.js';
import { WebApi } from './web-api/endpoint.js';
import { DEFAULT_SCOPES } from './web-api/methods.js';
import { Workspace, type ChannelInput, type Clock, type PersonInput } from './workspace.js';

/** How to start a local Slack; everything has a default. */
export interface LocalSlackOptions {
  /** 0 (default) takes a free port. */
  readonly port?: number;
  /** A loopback address: `127.0.0.1` (default), `localhost` or `::1`. */
  readonly host?: string;
  /** The app's `POST /slack/events`; may be set later. */
  readonly requestUrl?: string;
  readonly people?: readonly PersonInput[];
  readonly channels?: readonly ChannelInput[];
  /** Credentials to keep, so that several processes can share them; what is absent is random. */
  readonly seed?: Partial<Credentials>;
  readonly scopes?: readonly string[];
  /** Turn Socket Mode on: what people do goes to the app's sockets and no longer to its request URL. */
  readonly socketMode?: boolean;
  readonly appScopes?: readonly string[];
  /** Enforce one post a second and channel (answered 429). */
  readonly enforceRates?: boolean;
  readonly now?: Clock;
}

/** The variables that an app needs to use this workspace. */
export interface SlackEnvironment {
  readonly SLACK_BOT_TOKEN: string;
  readonly SLACK_SIGNING_SECRET: string;
  readonly SLACK_APP_ID: string;
  readonly SLACK_TEAM_ID: string;
  readonly SLACK_BOT_ID: string;
  readonly SLACK_BOT_USER_ID: string;
  readonly SLACK_API_URL: string;
  /** With Socket Mode alone. */
  readonly SLACK_APP_TOKEN?: string;
}

/** A running local Slack. */
export interface LocalSlack {
  readonly url: string;
  /** The page for people, with its token. */
  readonly pageUrl: string;
  /** Opens page and driver. */
  readonly token: string;
  readonly env: SlackEnvironment;
  readonly faults: Faults;
  /** The app's connections; `null` with Socket Mode off. */
  readonly sockets: Sockets | null;
  setRequestUrl(url: string): void;
  /** Every call of the Web API so far, oldest first. */
  journal(): readonly JournalEntry[];
  /** Adds or replaces a person; flags override members of the user object. */
  putPerson(person: PersonInput): void;
  /**
   * Adds or replaces a channel; flags override members of the conversation object. An app that comes into it so
   * (`is_member` was `false`, or there was no such channel) hears `member_joined_channel`.
   */
  putChannel(channel: ChannelInput): void;
  close(): Promise<void>;
}

export const DEFAULT_PEOPLE: readonly PersonInput[] = [
  { user: 'U0001', name: 'alice' },
  { user: 'U0002', name: 'bob' },
  { user: 'U0003', name: 'carol' },
  { user: 'U0004', name: 'dave' },
];
export const DEFAULT_CHANNELS: readonly ChannelInput[] = [
  { id: 'C0001', name: 'payments-oncall' },
  { id: 'C0002', name: 'platform-oncall' },
];

/** Everything that answers requests. */
interface Routes {
  readonly gate: Gate;
  readonly api: WebApi;
  readonly driver: Driver;
  readonly page: Page;
  readonly responseUrls: ResponseUrls;
  readonly workspace: Workspace;
}

/** Starts a local Slack on loopback; refuses any other address. Resolves once it listens. */
export async function startLocalSlack(options: LocalSlackOptions = {}): Promise<LocalSlack> {
  const host = options.host ?? '127.0.0.1';
  if (!['127.0.0.1', 'localhost', '::1'].includes(host))
    throw new Error(`the local Slack listens on loopback only, not ${host}`);
  const now = options.now ?? Date.now;
  const credentials = makeCredentials(options.seed);
  const workspace = new Workspace(
    credentials,
    now,
    options.people ?? DEFAULT_PEOPLE,
    options.channels ?? DEFAULT_CHANNELS,
  );
  let url = '';
  const links = options.socketMode ? new Links(now, credentials.appId, () => url) : null;
  const socketMode = links && (await socketModeOver(links, credentials.appId));
  const desk = { workspace, views: new OpenViews(workspace), triggers: new Triggers(now), links };
  const delivery = new Delivery(credentials.signingSecret, now, options.requestUrl);
  const responseUrls = new ResponseUrls(now, credentials.teamId);
  const record: TestControls = { faults: new Faults(), journal: new Journal(), sockets: socketMode?.sockets ?? null };
  const gate = new Gate(credentials.pageToken);
  const courier: DeliveryChannel = socketMode?.delivery ?? delivery;
  const hands: PeopleActions = {
    clicks: new Interactions(desk, courier, responseUrls, () => url),
    typing: new Typing(desk, courier, responseUrls, () => url, options.scopes ?? DEFAULT_SCOPES),
  };
  const routes: Routes = {
    gate,
    api: new WebApi(desk, record.faults, record.journal, options),
    driver: new Driver(workspace, desk.views, hands, delivery, record),
    page: new Page(workspace, desk.views, gate),
    responseUrls,
    workspace,
  };
  const server = createServer((request, response) => void serve(routes, request, response));
  socketMode?.attach(server, gate);
  const port = await listen(server, options.port ?? 0, host);
  gate.openAt(port);
  url = `http://${host === '::1' ? '[::1]' : host}:${port}`;
  return {
    url,
    pageUrl: `${url}/?token=${credentials.pageToken}`,
    token: credentials.pageToken,
    env: environment(credentials, url, links !== null),
    faults: record.faults,
    sockets: record.sockets,
    setRequestUrl: (target) => delivery.setRequestUrl(target),
    journal: () => record.journal.all(),
    putPerson: (person) => void workspace.putPerson(person),
    putChannel: (channel) => void hands.typing.putChannel(channel),
    close: () => {
      delivery.close();
      socketMode?.close();
      routes.page.close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Loaded only for an app with Socket Mode on: its WebSocket server is a development dependency. */
async function socketModeOver(links: Links, appId: string): Promise<SocketMode> {
  const { SocketMode: Mode } = await import('./socket-mode/socket-mode.js');
  return new Mode(links, appId);
}

function environment(credentials: Credentials, url: string, socketMode: boolean): SlackEnvironment {
  return {
    SLACK_BOT_TOKEN: credentials.botToken,
    SLACK_SIGNING_SECRET: credentials.signingSecret,
    SLACK_APP_ID: credentials.appId,
    SLACK_TEAM_ID: credentials.teamId,
    SLACK_BOT_ID: credentials.botId,
    SLACK_BOT_USER_ID: credentials.botUserId,
    SLACK_API_URL: `${url}/api/`,
    ...(socketMode ? { SLACK_APP_TOKEN: credentials.appToken } : {}),
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function serve(routes: Routes, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(`http://local${raw.url?.startsWith('/') ? raw.url : '/'}`);
    const request: Request = {
      method: raw.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: raw.headers,
      raw,
    };
    await route(routes, request, response);
  } catch (error) {
    console.error('local Slack: a request failed', error);
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { ok: false, error: 'internal_error' });
  }
}

async function route(routes: Routes, request: Request, response: ServerResponse): Promise<void> {
  const { gate, page } = routes;
  if (!gate.fromHere(request)) return sendJson(response, 403, { error: 'Host and Origin must be this local Slack' });
  if (request.path.startsWith('/api/')) return routes.api.answer(request, response);
  if (/^\/(actions|commands)\//.test(request.path))
    return respond(request, response, routes.responseUrls, routes.workspace);
  if (request.method === 'GET' && page.asset(request.path, response)) return undefined;
  if (!gate.hasToken(request))
    return sendJson(response, 403, { error: 'open the address that was printed: it carries the token' });
  if (request.path.startsWith('/_dev/')) return routes.driver.answer(request, response);
  if (request.method === 'GET' && (await page.answer(request, response))) return undefined;
  send(response, 404, 'text/plain; charset=utf-8', 'not found');
}
