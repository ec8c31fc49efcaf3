import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { writ } from '../../apps/cli/src/testing/terminal.js';
import { Caller, readAsk, type Answer } from '../harness/actors/agent.js';
import { FLEET_POLICIES, type Fleet } from '../harness/brokers/fleet.js';
import { Person } from '../harness/actors/person.js';
import { created } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import type { Config, World } from '../harness/world/world.js';

const SUPPORT = 'principal in Writ::Group::"support"';

/** What the traffic needs, and a rule for each story here. */
export const POLICIES = `${FLEET_POLICIES}
@id("notes") @outcome("allow") @max_ttl("300")
permit (${SUPPORT}, action == Writ::Action::"payment.annotate", resource) when { context.has_ticket };
@id("quick") @outcome("require_approval") @approvers("oncall") @window("15")
permit (${SUPPORT}, action == Writ::Action::"quick.ask", resource) unless { context.break_glass };
@id("quick-emergency") @outcome("allow") @max_ttl("60")
permit (${SUPPORT}, action == Writ::Action::"quick.ask", resource) when { context.break_glass };
`;
const WITH_EXPORTS = `${POLICIES}
@id("exports") @outcome("allow")
permit (${SUPPORT}, action == Writ::Action::"ledger.export", resource);
`;
/** Long enough for whoever has to wait for a core. */
const SLOW_MS = 120_000;
/** Nobody tries again more often than this. */
const TRIES = 10;

/** Deputies, webhooks, heartbeats, an agent to be suspended, live re-evaluation. @param hook where webhooks go */
export function withEverything(hook: string): (config: Config) => void {
  return (config) => {
    const group = (id: string): Record<string, unknown> => config.groups.find((one) => one['id'] === id) ?? {};
    Object.assign(group('oncall'), { deputy: 'security', notify: [{ webhook: hook }] });
    Object.assign(group('support'), { members: ['support-bot', 'rival-bot', 'spare-bot'] });
    const [rival] = config.agents.filter((agent) => agent['id'] === 'rival-bot');
    config.agents.push({ ...structuredClone(rival), id: 'spare-bot', name: 'Spare bot' });
    const actions = config.resources[0]?.['actions'] as Record<string, Record<string, unknown>>;
    Object.assign(actions['payment.annotate'] ?? {}, { heartbeat: 10 });
    Object.assign(config.limits, { on_policy_change: 'live', break_glass_ttl: 60 });
  };
}

/** Somebody who takes whatever is posted and keeps nothing of it: webhooks, traces. */
export async function startSink(): Promise<{ url: string; taken: () => number; close: () => void }> {
  let taken = 0;
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      taken += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    taken: () => taken,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What goes on beside the traffic: each story again and again, one telling of it after the other. */
export class Features {
  readonly told = new Map<string, number>();
  readonly failures: string[] = [];
  private readonly ending = new AbortController();
  private readonly going: Promise<void>[] = [];
  private count = 0;

  constructor(private readonly fleet: Fleet) {
    // The spare agent is known by the rival's key: an assertion says whose it is.
    const { keys } = fleet.site.world as { keys: World['keys'] & Record<string, World['keys'][string]> };
    Object.assign(keys, { 'spare-bot': keys['rival-bot'] });
  }

  begin(): void {
    // Each story waits on the same end.
    setMaxListeners(0, this.ending.signal);
    this.again('heartbeats', 1, () => this.heartbeats());
    this.again('silence', 5, () => this.silence());
    this.again('reminders and lapse', 1, () => this.lapse());
    this.again('break-glass', 10, () => this.breakGlass());
    this.again('policy change', 10, () => this.policyChange());
    this.again('kill switch', 15, () => this.killSwitch());
    this.again('key rotation', 60, () => this.rotation());
    this.again('session', 3, () => this.session());
    this.again('/writ list', 10, () => this.slashCommand());
    this.again('status list', 3, () => this.statusList());
    this.again('revocations, long poll', 1, () => this.longPoll());
    this.again('revocations, stream', 1, () => this.revocationStream());
    this.again('inbox, stream', 1, () => this.inboxStream());
  }

  /** Resolves when every telling that had begun has ended. */
  async end(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.going);
  }

  private again(name: string, pauseSeconds: number, tell: () => Promise<void>): void {
    const going = (async () => {
      while (!this.ending.signal.aborted) {
        await tell().then(
          () => this.told.set(name, (this.told.get(name) ?? 0) + 1),
          (error: unknown) => {
            if (!this.ending.signal.aborted || !isAbort(error)) this.failures.push(`${name}: ${String(error)}`);
          },
        );
        await sleep(pauseSeconds * 1_000, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    })();
    this.going.push(going);
  }

  private caller(id: string): Caller {
    return new Caller(this.fleet.site.world, this.fleet.site.issuer, id);
  }

  private async collected(
    agent: string,
    ask: Record<string, unknown>,
  ): Promise<{ id: string; grant: string; token: string }> {
    const asked = await wanted(() => this.caller(agent).ask(ask), 201);
    const code = created(asked, 201).continuation.deferral_code;
    const { body } = await wanted(() => this.caller(agent).redeem(code), 200);
    return { id: asked.body.id as string, grant: body.grant_id as string, token: body.access_token as string };
  }

  private async annotating(): Promise<{ id: string; grant: string }> {
    const number = (this.count += 1);
    return this.collected('support-bot', {
      ...asking('payment.annotate', { arguments: { payment: `p-${number}` } }),
      task: { id: `note-${number}`, ticket: 'OPS-1' },
    });
  }

  private async heartbeats(): Promise<void> {
    const { grant } = await this.annotating();
    for (let beat = 0; beat < 4; beat += 1) {
      await wanted(() => this.caller('support-bot').post(`/v1/grants/${grant}/heartbeat`), 204);
      await sleep(3_000);
    }
    await wanted(() => this.caller('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' }), 200);
  }

  private async silence(): Promise<void> {
    const { id } = await this.annotating();
    await this.grantEnds(id, 'silence');
  }

  private async lapse(): Promise<void> {
    const asked = created(await wanted(() => this.caller('support-bot').ask(asking('quick.ask')), 202), 202);
    await until('it lapses', async () => (await this.read(asked.id)).body.status === 'lapsed', SLOW_MS);
  }

  private async breakGlass(): Promise<void> {
    const why = { break_glass: true, justification: 'Payments are down since noon.' };
    const { id, grant } = await this.collected('rival-bot', { ...asking('quick.ask'), ...why });
    await wanted(() => this.caller('rival-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' }), 200);
    const olga = await this.person('olga');
    await wanted(() => olga.send('POST', `/v1/escalations/${id}/review`, { note: 'The outage was real.' }), 200);
    await this.signOut(olga);
  }

  private async policyChange(): Promise<void> {
    await this.fleet.apply(WITH_EXPORTS);
    const { id, token } = await this.collected(
      'support-bot',
      asking('ledger.export', { arguments: { period: '2026' } }),
    );
    await this.fleet.apply(POLICIES);
    const seen = await wanted(() => this.caller('payments-api').introspect(token), 200);
    if (seen.body.active !== false) throw new Error('a grant outlived its policy');
    await this.grantEnds(id, 'policy_changed');
  }

  private async killSwitch(): Promise<void> {
    const spare = 'spare-bot';
    const held = await Promise.all([1, 2, 3].map((turn) => this.collected(spare, readAsk(`spare-${turn}`))));
    const order = { kind: 'agent', id: spare, reason: 'Drill.' };
    await wanted(() => this.caller('ops-cli').post('/v1/kill', order), 200);
    for (const { token } of held)
      if ((await wanted(() => this.caller('payments-api').introspect(token), 200)).body.active !== false)
        throw new Error('a token outlived its agent');
    await wanted(() => this.caller('ops-cli').post(`/v1/agents/${spare}/resume`, {}), 200);
  }

  private async rotation(): Promise<void> {
    const { database, masterKey, configDir } = this.fleet.site.world;
    const env = { DATABASE_URL: database.url, WRIT_MASTER_KEY: masterKey, WRIT_CONFIG: configDir };
    const done = await writ(['keys', 'rotate', '--now'], env);
    if (done.exit !== 0) throw new Error(done.remarks);
  }

  private async session(): Promise<void> {
    const carol = await this.person('carol');
    const inbox = await wanted(() => carol.send('GET', '/v1/inbox'), 200);
    const [first] = inbox.body.items as { id: string }[];
    if (first !== undefined) await carol.send('GET', `/v1/escalations/${first.id}/context`);
    for (const page of ['/', '/docs', '/v1/people/sessions']) await wanted(() => carol.send('GET', page), 200);
    await wanted(() => this.caller('auditor-tool').get('/v1/grants?limit=50'), 200);
    await this.signOut(carol);
  }

  private async slashCommand(): Promise<void> {
    const command = { user: 'U0002', command: '/writ', text: 'list', channel: 'C0001' };
    const done = await this.fleet.site.slack.call('command', command);
    if (done.ok !== true) throw new Error(JSON.stringify(done));
  }

  private async statusList(): Promise<void> {
    const lists = await wanted(() => this.caller('payments-api').get('/status'), 200);
    for (const uri of (lists.body.status_lists as string[]).slice(0, 2)) {
      const list = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
      await list.text();
      if (list.status !== 200) throw new Error(`status list: ${list.status}`);
    }
  }

  private async longPoll(): Promise<void> {
    const from = (await wanted(() => this.caller('payments-api').get('/v1/revocations'), 200)).body.cursor as string;
    await wanted(
      () => this.caller('payments-api').get(`/v1/revocations?wait=5&after=${encodeURIComponent(from)}`),
      200,
    );
  }

  private async revocationStream(): Promise<void> {
    const authorization = `Bearer ${await this.caller('payments-api').assertion()}`;
    await this.listen('/v1/revocations/stream', { authorization });
  }

  private async inboxStream(): Promise<void> {
    const bob = await this.person('bob');
    await this.listen('/v1/inbox/stream', { cookie: bob.cookie });
    await this.signOut(bob);
  }

  /** Reads a stream for a while, as a console page or a verifier that is restarted does. */
  private async listen(path: string, headers: Record<string, string>): Promise<void> {
    const signal = AbortSignal.any([this.ending.signal, AbortSignal.timeout(20_000)]);
    const response = await fetch(`${this.fleet.site.issuer}${path}`, { headers, signal });
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    const reader = response.body?.getReader();
    try {
      while (!(await reader?.read())?.done);
    } catch (error) {
      if (!isAbort(error)) throw error;
    }
  }

  private person(id: string): Promise<Person> {
    return Person.signIn(this.fleet.site.world, { base: this.fleet.site.issuer }, id);
  }

  private async signOut(person: Person): Promise<void> {
    await wanted(() => person.send('DELETE', '/v1/sessions/current'), 204);
  }

  private read(escalation: string): Promise<Answer> {
    return this.caller('support-bot').get(`/v1/escalations/${escalation}`, { prefer: 'wait=5' });
  }

  private async grantEnds(escalation: string, reason: string): Promise<void> {
    await until(
      `a grant ends with ${reason}`,
      async () => (await this.read(escalation)).body.grant?.end_reason === reason,
      SLOW_MS,
    );
  }
}

function asking(action: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...readAsk('soak'), authorization_details: [{ type: 'tool_call', actions: [action], ...more }] };
}

/** Asks until it gets this answer; a 503 with `Retry-After` is tried again after it, as any client would. */
async function wanted(ask: () => Promise<Answer>, status: number): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask();
    if (answer.status === status) return answer;
    const after = answer.headers.get('retry-after');
    if (answer.status !== 503 || after === null || tries === TRIES)
      throw new Error(`${answer.status} instead of ${status}: ${JSON.stringify(answer.body).slice(0, 300)}`);
    await sleep(Number(after) * 1_000);
  }
}

/** Of another realm, so no `Error` to Jest. */
function isAbort(error: unknown): boolean {
  return ['AbortError', 'TimeoutError'].includes((error as { name: string }).name);
}
