import type { ServerResponse } from 'node:http';
import type { Fault, Faults } from '../faults.js';
import { readBody, send, sendJson, type Request } from '../http.js';
import type { Journal } from '../journal.js';
import { isObject, parseJson, type JsonObject } from '../json.js';
import { sameSecret } from '../signing.js';
import { Args, fail, type Answer, type CallServices } from './call.js';
import { DEFAULT_APP_SCOPES, DEFAULT_SCOPES, METHODS, type Method } from './methods.js';

/** Seconds between two posts to one channel when rates are enforced. */
const POST_INTERVAL_SECONDS = 1;

/** What the tokens may do, and whether rates are enforced. */
export interface WebApiOptions {
  readonly scopes?: readonly string[];
  readonly appScopes?: readonly string[];
  readonly enforceRates?: boolean;
}

/** The Web API over HTTP: authentication, scopes, armed failures and the journal around the methods. */
export class WebApi {
  private readonly lastPost = new Map<string, number>();

  constructor(
    private readonly desk: CallServices,
    private readonly faults: Faults,
    private readonly journal: Journal,
    private readonly options: WebApiOptions = {},
  ) {}

  /** Takes a request to `/api/<method>`; answers as Slack would: 200 with `ok`, or the failure that is armed. */
  async answer(request: Request, response: ServerResponse): Promise<void> {
    const name = request.path.slice('/api/'.length);
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    const body = await readBody(request.raw);
    if (body === undefined) return sendJson(response, 413, { ok: false, error: 'request_too_large' });
    const read = readArgs(request, body);
    if ('error' in read) return sendJson(response, 200, { ok: false, error: read.error });
    const { token, ...args } = read.args;
    const fault = this.faults.take(name);
    if (fault && fault.kind !== 'commit_then_reset') {
      this.record(name, args, fail(fault.kind === 'error' ? fault.error : fault.kind), fault.kind);
      return meet(fault, response);
    }
    const wait = method ? this.rateLimited(name, args) : 0;
    if (wait > 0) {
      this.record(name, args, fail('ratelimited'));
      return sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(wait) });
    }
    const needed = method?.scope?.(this.desk.workspace, new Args(args));
    const given = bearer(request) ?? (method?.token === 'app' ? undefined : token);
    const answer = this.run(method, needed, given, new Args(args));
    this.record(name, args, answer, fault?.kind);
    if (fault) return void response.destroy();
    const scopes = this.scopesOf(method);
    sendJson(response, 200, wire(answer, needed, scopes), scopeHeaders(needed, scopes));
  }

  private run(method: Method | undefined, needed: string | undefined, token: unknown, args: Args): Answer {
    if (!method) return fail('unknown_method');
    if (typeof token !== 'string' || token === '') return fail('not_authed');
    const kind = this.kindOf(token);
    if (kind === null) return fail('invalid_auth');
    if (kind !== (method.token ?? 'bot')) return fail('not_allowed_token_type');
    if (needed && !this.scopesOf(method).includes(needed)) return fail('missing_scope');
    return method.run(this.desk, args);
  }

  /** `null` for a token of nobody; the app-level token exists with Socket Mode alone. */
  private kindOf(token: string): 'bot' | 'app' | null {
    const { credentials } = this.desk.workspace;
    if (sameSecret(token, credentials.botToken)) return 'bot';
    return this.desk.links !== null && sameSecret(token, credentials.appToken) ? 'app' : null;
  }

  private scopesOf(method: Method | undefined): readonly string[] {
    if (method?.token === 'app') return this.options.appScopes ?? DEFAULT_APP_SCOPES;
    return this.options.scopes ?? DEFAULT_SCOPES;
  }

  private rateLimited(name: string, args: JsonObject): number {
    if (!this.options.enforceRates || name !== 'chat.postMessage') return 0;
    const channel = String(args['channel']);
    const now = this.desk.workspace.now();
    const wait = (this.lastPost.get(channel) ?? -Infinity) + POST_INTERVAL_SECONDS * 1000 - now;
    if (wait <= 0) this.lastPost.set(channel, now);
    return wait > 0 ? Math.max(1, Math.ceil(wait / 1000)) : 0;
  }

  private record(method: string, args: JsonObject, answer: Answer, fault?: string): void {
    this.journal.record({
      at: new Date(this.desk.workspace.now()).toISOString(),
      method,
      args,
      ok: answer.ok,
      ...(answer.ok ? {} : { error: answer.error }),
      ...(fault ? { fault } : {}),
    });
  }
}

function wire(answer: Answer, needed: string | undefined, scopes: readonly string[]): JsonObject {
  if (answer.ok) return { ok: true, ...answer.body };
  return {
    ok: false,
    error: answer.error,
    ...(answer.error === 'missing_scope' ? { needed, provided: scopes.join(',') } : {}),
    ...(answer.messages ? { errors: answer.messages, response_metadata: { messages: answer.messages } } : {}),
  };
}

function scopeHeaders(needed: string | undefined, scopes: readonly string[]): Record<string, string> {
  return { 'x-oauth-scopes': scopes.join(','), ...(needed ? { 'x-accepted-oauth-scopes': needed } : {}) };
}

function bearer(request: Request): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function readArgs(request: Request, body: string): { args: JsonObject } | { error: string } {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const query = Object.fromEntries(request.query);
  if (request.method === 'GET') return { args: query };
  if (request.method !== 'POST') return { error: 'invalid_post_type' };
  if (contentType === 'application/json') {
    const parsed = body === '' ? {} : parseJson(body);
    return isObject(parsed) ? { args: { ...query, ...parsed, token: undefined } } : { error: 'invalid_json' };
  }
  if (contentType === 'application/x-www-form-urlencoded' || body === '')
    return { args: { ...query, ...Object.fromEntries(new URLSearchParams(body)) } };
  return { error: contentType === '' ? 'missing_post_type' : 'invalid_post_type' };
}

/** Plays an armed failure that keeps the method from running. */
function meet(fault: Exclude<Fault, { kind: 'commit_then_reset' }>, response: ServerResponse): void {
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset':
      return void response.destroy();
    case 'error':
      return sendJson(response, 200, { ok: false, error: fault.error });
    case 'status': {
      const retry = fault.retryAfterSeconds;
      const headers: Record<string, string> = retry === undefined ? {} : { 'retry-after': String(retry) };
      return send(response, fault.status, 'text/plain; charset=utf-8', 'armed failure', headers);
    }
  }
}
