import { randomUUID, webcrypto } from 'node:crypto';
import * as openid from 'openid-client';
import { answer, Caller, DEFERRED, readAsk, refundAsk, type Answer } from '../actors/agent.js';
import { Person, type SlackDriver } from '../actors/person.js';
import { created } from '../world/stage.js';
import { until } from '../judges/until.js';
import type { World } from '../world/world.js';

/** What traffic meets: one address for any number of processes. Policy must let both agents read, and people decide refunds. */
export interface Site {
  readonly world: World;
  readonly issuer: string;
  readonly slack: SlackDriver;
}

/** One verdict of a person that was answered as taken. */
interface Decision {
  readonly escalation: string;
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly by: 'REST' | 'a click';
}

const AGENTS = ['support-bot', 'rival-bot'] as const;
const APPROVERS = { bob: 'U0002', carol: 'U0003' } as const;
/** Nobody retries a 503 more often than this. */
const TRIES = 10;
const CARD_MS = 60_000;

/** A metronome: so many turns a second, one after the other; turns that nobody takes are gone. */
class Pace {
  private readonly waiting: (() => void)[] = [];
  private credit = 0;
  private last = performance.now();
  private readonly timer = setInterval(() => this.beat(), 10);

  constructor(public perSecond: number) {}

  turn(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  stop(): void {
    clearInterval(this.timer);
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private beat(): void {
    const now = performance.now();
    this.credit = Math.min(this.perSecond / 5, this.credit + ((now - this.last) * this.perSecond) / 1_000);
    this.last = now;
    for (; this.credit >= 1 && this.waiting.length > 0; this.credit -= 1) this.waiting.shift()?.();
  }
}

class StepFailed extends Error {}
type Asked = Readonly<Record<'id' | 'digest' | 'code', string>>;

/**
 * Agents, people and a resource server at work, at so many requests a second: asks that policy or people decide, over
 * REST and by clicks; collecting by openid-client, introspection, uses, renewal, ends. A 503 with `Retry-After` is tried
 * again after it, as any client would; everything else that was not expected is a failure.
 */
export class Traffic {
  readonly requests = new Map<string, number>();
  readonly failures: string[] = [];
  /** The 503 that were tried again, in words. */
  readonly cameAgain: string[] = [];
  private readonly decisions: Decision[] = [];
  private readonly stories = new Set<Promise<void>>();
  private running = true;
  private told = 0;

  private constructor(
    private readonly site: Site,
    readonly pace: Pace,
    private readonly people: Readonly<Record<string, Person>>,
    private readonly clients: Readonly<Record<string, openid.Configuration>>,
  ) {}

  /** Begins. @param width how many stories go on at once */
  static async begin(site: Site, perSecond: number, width = 20): Promise<Traffic> {
    const { world, issuer } = site;
    const people: Record<string, Person> = {};
    for (const id of Object.keys(APPROVERS)) people[id] = await Person.signIn(world, { base: issuer }, id);
    const clients: Record<string, openid.Configuration> = {};
    for (const id of AGENTS) clients[id] = await discovered(site, id);
    const traffic = new Traffic(site, new Pace(perSecond), people, clients);
    for (let story = 0; story < width; story += 1) traffic.keepTelling();
    return traffic;
  }

  get total(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Begins nothing new and resolves when every story that had begun has ended. */
  async end(): Promise<void> {
    this.running = false;
    await Promise.all(this.stories);
    this.pace.stop();
  }

  /** Decisions that were answered as taken and are not in the database, in words. */
  async lost(): Promise<string[]> {
    const { rows } = await this.site.world.database.pool.query<{ vote: string }>(
      `select "escalation_id" || ' ' || "person_id" || ' ' || "verdict" as "vote" from "votes"`,
    );
    const kept = new Set(rows.map((row) => row.vote));
    return this.decisions
      .filter(({ escalation, person, verdict }) => !kept.has(`${escalation} ${person} ${verdict}`))
      .map(({ escalation, person, verdict, by }) => `${verdict} of ${escalation} by ${person} over ${by}`);
  }

  /** How many people have decided in each way. */
  get decided(): Readonly<Record<string, number>> {
    const by = (way: Decision['by']): number => this.decisions.filter((decision) => decision.by === way).length;
    return { 'over REST': by('REST'), 'by a click': by('a click') };
  }

  private keepTelling(): void {
    const telling = (async () => {
      while (this.running) {
        await this.tell((this.told += 1)).catch((error: unknown) => {
          if (!(error instanceof StepFailed)) this.failures.push(`a story: ${String(error)}`);
        });
      }
    })();
    this.stories.add(telling);
    void telling.finally(() => this.stories.delete(telling));
  }

  private tell(number: number): Promise<void> {
    const agent = AGENTS[number % 2] as string;
    const who = Math.floor(number / 2) % 2 === 0 ? 'bob' : 'carol';
    const kinds = [
      () => this.read(agent, number),
      () => this.refund(agent, number, () => this.byRest(agent, number, who, 'approve')),
      () => this.refund(agent, number, () => this.byClick(agent, number, who)),
      () => this.denied(agent, number, who),
    ];
    return (kinds[Math.floor(number / 4) % kinds.length] as () => Promise<void>)();
  }

  private async read(agent: string, number: number): Promise<void> {
    const asked = await this.step('create', 201, () => this.agent(agent).ask(readAsk(`run-${number}`)));
    const token = await this.collect(agent, created(asked, 201).continuation.deferral_code);
    await this.use(token, { action: 'payment.read' });
    await this.activeIs(token, true);
    const renewed = await this.step('renew', 200, () => this.agent(agent).renew(token));
    await this.use(renewed.body.access_token as string, { action: 'payment.read' });
    await this.complete(agent, asked.body.grant.id as string);
  }

  private async refund(agent: string, number: number, decide: () => Promise<Asked>): Promise<void> {
    const { id, code } = await decide();
    const seen = await this.polled(agent, id, 'approved');
    const token = await this.collect(agent, code);
    await this.activeIs(token, true);
    const order = `o-${number}`;
    const call = { action: 'refund.create', identifier: `order/${order}`, arguments: { order, amount: 4000 } };
    await this.use(token, call);
    await this.complete(agent, seen.body.grant.id as string);
    await this.activeIs(token, false);
  }

  private async denied(agent: string, number: number, who: string): Promise<void> {
    const { id, code } = await this.byRest(agent, number, who, 'deny');
    await this.polled(agent, id, 'denied');
    await this.step('refused collection', 400, () => this.agent(agent).redeem(code));
  }

  /** Somebody decides over REST while the agent waits in a long poll. */
  private async byRest(agent: string, number: number, who: string, verdict: Decision['verdict']): Promise<Asked> {
    const asked = await this.ask(agent, number);
    const person = this.people[who] as Person;
    const waiting = this.step('poll', 200, () =>
      this.agent(agent).get(`/v1/escalations/${asked.id}`, { prefer: 'wait=5' }),
    );
    waiting.catch(() => undefined);
    await this.step('decide', 200, () => person.decide(asked, verdict));
    this.decisions.push({ escalation: asked.id, person: who, verdict, by: 'REST' });
    await waiting;
    return asked;
  }

  /** Somebody approves on the card in Slack. */
  private async byClick(agent: string, number: number, who: string): Promise<Asked> {
    const asked = await this.ask(agent, number);
    const card = await until(`the card of ${asked.id}`, () => this.cardOf(asked.id), CARD_MS);
    await this.turn('click');
    const outcome = await this.site.slack.click(APPROVERS[who as keyof typeof APPROVERS], card, 'writ_approve');
    if (outcome.ok !== true) throw this.failed(`click: ${JSON.stringify(outcome)}`);
    this.decisions.push({ escalation: asked.id, person: who, verdict: 'approve', by: 'a click' });
    return asked;
  }

  private async ask(agent: string, number: number): Promise<Asked> {
    const more = { task: { id: `run-${number}`, description: `Refund order ${number}`, ticket: 'OPS-1' } };
    const asked = await this.step('create', 202, () => this.agent(agent).ask(refundAsk(`o-${number}`, more)));
    const { id, digest, continuation } = created(asked, 202);
    return { id, digest, code: continuation.deferral_code };
  }

  private async polled(agent: string, id: string, status: string): Promise<Answer> {
    return until(`${id} is ${status}`, async () => {
      const seen = await this.step('poll', 200, () => this.agent(agent).get(`/v1/escalations/${id}`));
      return seen.body.status === status && seen;
    });
  }

  /** By openid-client, unmodified. */
  private async collect(agent: string, code: string): Promise<string> {
    const client = this.clients[agent] as openid.Configuration;
    const redeemed = await this.step('collect', 200, async () => {
      try {
        const tokens = await openid.genericGrantRequest(client, DEFERRED, { deferral_code: code });
        return { status: 200, body: tokens, headers: new Headers() };
      } catch (error) {
        if (error instanceof openid.ResponseBodyError)
          return { status: error.status, body: error.cause, headers: error.response.headers };
        if (error instanceof Error && error.cause instanceof Response) return answer(error.cause);
        throw error;
      }
    });
    return redeemed.body.access_token as string;
  }

  private async use(token: string, call: Readonly<Record<string, unknown>>): Promise<void> {
    const body = { token, call_id: randomUUID(), ...call };
    const used = await this.step('consume', 200, () => this.verifier().post('/v1/tokens/consume', body));
    if (used.body.allowed !== true) throw this.failed(`consume: ${JSON.stringify(used.body)}`);
  }

  private async activeIs(token: string, active: boolean): Promise<void> {
    const seen = await this.step('introspect', 200, () => this.verifier().introspect(token));
    if (seen.body.active !== active) throw this.failed(`introspect: active is ${seen.body.active}, not ${active}`);
  }

  private async complete(agent: string, grant: string): Promise<void> {
    const path = `/v1/grants/${grant}/complete`;
    await this.step('complete', 200, () => this.agent(agent).post(path, { outcome: 'succeeded' }));
  }

  private async cardOf(escalation: string): Promise<string | undefined> {
    const { rows } = await this.site.world.database.pool.query<{ ts: string }>(
      `select "ts" from "slack_cards" where "escalation_id" = $1 and "ts" is not null`,
      [escalation],
    );
    return rows[0]?.ts;
  }

  private agent(id: string): Caller {
    return new Caller(this.site.world, this.site.issuer, id);
  }

  private verifier(): Caller {
    return this.agent('payments-api');
  }

  private async turn(kind: string): Promise<void> {
    await this.pace.turn();
    this.requests.set(kind, (this.requests.get(kind) ?? 0) + 1);
  }

  /** One request in its turn; after a 503 with `Retry-After` once more. */
  private async step(kind: string, status: number, send: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      await this.turn(kind);
      const got = await send().catch((error: unknown) => {
        throw this.failed(`${kind}: ${String(error)} ${error instanceof Error ? String(error.cause) : ''}`);
      });
      if (got.status === status) return got;
      const after = got.headers.get('retry-after');
      if (got.status !== 503 || after === null || tries === TRIES)
        throw this.failed(`${kind}: ${got.status} instead of ${status}: ${JSON.stringify(got.body)}`);
      this.cameAgain.push(
        `${kind}: ${String(got.body.detail ?? got.body.error_description ?? JSON.stringify(got.body))}`,
      );
      await new Promise((resolve) => setTimeout(resolve, Number(after) * 1_000));
    }
  }

  private failed(what: string): StepFailed {
    this.failures.push(what);
    return new StepFailed(what);
  }
}

async function discovered({ world, issuer }: Site, id: string): Promise<openid.Configuration> {
  const pair = world.keys[id];
  if (pair === undefined) throw new Error(`no key for ${id}`);
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const auth = openid.PrivateKeyJwt({ key: key as openid.CryptoKey, kid: pair.kid });
  const options = { algorithm: 'oauth2' as const, execute: [openid.allowInsecureRequests] };
  return openid.discovery(new URL(issuer), id, {}, auth, options);
}
