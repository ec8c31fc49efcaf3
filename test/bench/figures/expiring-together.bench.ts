import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { DEFERRED, readAsk, refundAsk, type Caller } from '../../harness/actors/agent.js';
import { Person } from '../../harness/actors/person.js';
import { until } from '../../harness/judges/until.js';
import { created } from '../../harness/world/stage.js';
import { figure, percentile, type Bench, type Figures } from '../figure.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';
import { cloneGrants, remindOf, withFleet } from '../seed.js';
import { inParallel, Wire } from '../sides/wire.js';

/** `WRIT_BENCH_TOKENS` for whoever is in a hurry; the promise is about 50,000. */
const TOKENS = Number(process.env['WRIT_BENCH_TOKENS'] ?? 50_000);
const SAMPLE = 200;
/** How long the calls go on before anything ends, and at least while it does. */
const WINDOW_MS = 10_000;
/** The share of the preparation that is done twice, to learn how long all of it takes on this machine. */
const REHEARSED = 1 / 10;
/** What takes as long however many there are: the relay's poll, and warming up. */
const WAITS_MS = 5_000;
const CALLS_A_SECOND_MAX = 48;
const CALLS_A_TURN = 4;
const WARM_UP = 40;
/** What the product promises: p99 while they end ÷ p99 before. */
const RATIO_MAX = 3;
/** Each round needs its 50,000, so that more than two would take longer than everything else together. */
const ROUNDS_MAX = 2;

export const expiringTogether: Bench = {
  name: 'expiring_together',
  gives: ['expiring_together'],
  run: async ({ rounds, say }): Promise<Figures> => {
    const field = await openField({ processes: ['api', 'worker'], change: withFleet });
    const p99s = { ours: [] as number[], reference: [] as number[] };
    try {
      for (let round = 0; round < Math.min(rounds, ROUNDS_MAX); round += 1) {
        const { idle, during, sweptSeconds } = await oneRound(field, TOKENS, say);
        p99s.ours.push(percentile(during, 0.99));
        p99s.reference.push(percentile(idle, 0.99));
        say(
          `expiring_together: ${TOKENS} tokens ended in one second, written after ${sweptSeconds.toFixed(1)} s; ` +
            `p50 ${percentile(during, 0.5).toFixed(1)} ms (idle ${percentile(idle, 0.5).toFixed(1)}), ` +
            `p99 ${percentile(during, 0.99).toFixed(1)} ms (idle ${percentile(idle, 0.99).toFixed(1)})`,
        );
      }
    } finally {
      await field.close();
    }
    const measured = figure(
      p99s.ours,
      p99s.reference,
      'ms',
      'the same calls in the same run, before anything ends (p99)',
    );
    if (measured.ratio >= RATIO_MAX) say(`expiring_together: the ratio is over the promise of ${RATIO_MAX}`);
    return { expiring_together: measured };
  },
};

async function oneRound(
  field: Field,
  tokens: number,
  say: (line: string) => void,
): Promise<{ idle: number[]; during: number[]; sweptSeconds: number }> {
  const end = await rehearsedEnd(field, tokens);
  say(`expiring_together: ${tokens} tokens will end in ${Math.round((end - Date.now()) / 1000)} s`);
  const { sample } = await prepare(field, tokens, SAMPLE, end);
  const calls = new Calls(field);
  try {
    await calls.warmUp();
    const idleEnd = end - 500;
    if (idleEnd - Date.now() < WINDOW_MS / 2)
      throw new Error('this machine is too slow: no time was left to be idle in');
    await untilClock(idleEnd - WINDOW_MS);
    const [idle] = await Promise.all([
      calls.during(() => Date.now() < idleEnd),
      readSample(field, sample, idleEnd - 3_000, true),
    ]);
    await untilClock(end);
    say('expiring_together: they end now');
    let sweptAt = 0;
    const swept = allWritten(field, end).then(() => (sweptAt = Date.now()));
    const going = (): boolean => sweptAt === 0 || Date.now() < end + WINDOW_MS;
    const [during] = await Promise.all([calls.during(going), readSample(field, sample, end, false), swept]);
    await readSample(field, sample, end, false);
    return { idle, during, sweptSeconds: (sweptAt - end) / 1000 };
  } finally {
    calls.close();
  }
}

/** The second in which all shall end: as far ahead as preparing it takes here. */
async function rehearsedEnd(field: Field, tokens: number): Promise<number> {
  const aside = Date.now() + 3_600_000;
  const { workMs } = await prepare(field, tokens * REHEARSED, SAMPLE * REHEARSED, aside);
  const wholeMs = (workMs / REHEARSED) * 1.3 + WAITS_MS;
  return Math.ceil((Date.now() + wholeMs + WINDOW_MS) / 1000) * 1000;
}

/** Mints the sample and copies one of it so many times, all to end at `end`, each with a job that says so. */
async function prepare(
  field: Field,
  tokens: number,
  count: number,
  end: number,
): Promise<{ sample: Held[]; workMs: number }> {
  const reminded = await approvedByBob(field);
  await until('the job that reminds of a grant', async () => (await remindersOf(field, reminded)) > 0);
  const began = performance.now();
  const sample = await sampleEndingAt(field, count, end);
  const grants = await cloneGrants(field.world, sample[0] as Held, tokens, end);
  await remindOf(field.world, grants, reminded, end);
  return { sample, workMs: performance.now() - began };
}

/** A grant whose end a job waits for: what policy allows leaves none. */
async function approvedByBob(field: Field): Promise<Held> {
  const agent = field.caller('support-bot');
  const bob = await Person.signIn(field.world, { base: field.processes[0]?.base ?? '' }, 'bob');
  const asked = created(await agent.ask(refundAsk()), 202);
  await bob.decide(asked, 'approve');
  const { body } = await agent.redeem(asked.continuation.deferral_code);
  return { token: String(body.access_token), grant: String(body.grant_id) };
}

/** Real tokens, made by the product itself; almost all of them end at `end` too, the others a second later. */
async function sampleEndingAt(field: Field, count: number, end: number): Promise<Held[]> {
  const held: Held[] = [];
  while (held.length < count) {
    const requested_ttl = Math.min(300, Math.round((end - Date.now()) / 1000));
    held.push(...(await holdMany(field, Math.min(50, count), { requested_ttl })));
  }
  return held;
}

/**
 * Asks about each token of the sample, from `from` on over two seconds, as its verifier would.
 * @throws when one is called active from its very second on, or ended before
 */
async function readSample(field: Field, sample: readonly Held[], from: number, alive: boolean): Promise<void> {
  const verifier = field.caller('payments-api');
  await inParallel(sample.length, sample.length, async (index) => {
    const { token } = sample[index] as Held;
    const exp = Number(decodeJwt(token).exp) * 1000;
    await untilClock(Math.max(alive ? from : exp, from + (index * (alive ? 1_500 : 2_000)) / sample.length));
    const { status, body } = await verifier.introspect(token);
    // Asked before its second and answered in it: both answers are true.
    const either = alive && Date.now() >= exp;
    if (status !== 200 || (body.active !== alive && !either))
      throw new Error(`a token whose exp is ${exp} was answered ${status} ${JSON.stringify(body)} at ${Date.now()}`);
  });
}

/** Asks seldom: counting them is work for the same database. */
async function allWritten(field: Field, end: number): Promise<void> {
  const deadline = Date.now() + 300_000;
  while ((await unended(field, end)) > 0) {
    if (Date.now() > deadline) throw new Error('still waiting for: all are written as ended');
    await pause(1_000);
  }
}

async function unended(field: Field, end: number): Promise<number> {
  const { rows } = await field.world.database.pool.query<{ open: number }>(
    `select count(*)::int as "open" from "grants" where "status" = 'active' and "deadline" <= $1`,
    [new Date(end)],
  );
  return rows[0]?.open ?? 0;
}

async function remindersOf(field: Field, { grant }: Held): Promise<number> {
  const { rows } = await field.world.database.pool.query<{ jobs: number }>(
    `select count(*)::int as "jobs" from "bullmq"."job" where "data" ->> 'id' = $1 and "state" = 'delayed'`,
    [grant],
  );
  return rows[0]?.jobs ?? 0;
}

async function untilClock(at: number): Promise<void> {
  const ms = at - Date.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  while (Date.now() < at) await new Promise((resolve) => setImmediate(resolve));
}

/** What agents and verifiers ask meanwhile, at a rate that does not wait for answers. */
class Calls {
  private readonly agent: Caller;
  private readonly verifier: Caller;
  private readonly wire: Wire;
  private live = '';
  private pauseMs = (CALLS_A_TURN * 1_000) / CALLS_A_SECOND_MAX;

  constructor(field: Field) {
    this.agent = field.caller('support-bot');
    this.verifier = field.caller('payments-api');
    this.wire = new Wire(field.processes[0]?.base ?? '', 64);
  }

  /** Also learns what this machine bears: calls come at most at a third of what they could one after the other. */
  async warmUp(): Promise<void> {
    for (let turn = 0; turn < WARM_UP / 2; turn += 1) await this.turn();
    const began = performance.now();
    for (let turn = 0; turn < WARM_UP / 2; turn += 1) await this.turn();
    this.pauseMs = Math.max(this.pauseMs, (3 * (performance.now() - began)) / (WARM_UP / 2));
  }

  /** Milliseconds of each call, begun one after the other at a steady rate while `going`. */
  async during(going: () => boolean): Promise<number[]> {
    const latencies: number[] = [];
    const turns: Promise<unknown>[] = [];
    const began = performance.now();
    for (let turn = 0; going(); turn += 1) {
      const wait = began + turn * this.pauseMs - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const under = this.turn(latencies);
      under.catch(() => undefined);
      turns.push(under);
    }
    await Promise.all(turns);
    return latencies;
  }

  /** Asks, collects, and has two tokens looked at: four calls. */
  private async turn(latencies: number[] = []): Promise<void> {
    const json = { 'content-type': 'application/json', authorization: `Bearer ${await this.agent.assertion()}` };
    const asked = await this.timed(latencies, '/v1/escalations', JSON.stringify(readAsk()), 201, json);
    const { continuation } = asked as { continuation: { deferral_code: string } };
    const redeemed = await this.form(latencies, this.agent, '/oauth/token', {
      grant_type: DEFERRED,
      deferral_code: continuation.deferral_code,
    });
    for (const token of [String(redeemed['access_token']), this.live]) {
      if (token !== '') await this.form(latencies, this.verifier, '/oauth/introspect', { token });
    }
    this.live = String(redeemed['access_token']);
  }

  private async form(
    latencies: number[],
    caller: Caller,
    path: string,
    parameters: Record<string, string>,
  ): Promise<Record<string, unknown>> {
    const body = new URLSearchParams({
      ...parameters,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await caller.assertion(),
    });
    return this.timed(latencies, path, body.toString(), 200);
  }

  private async timed(
    latencies: number[],
    path: string,
    body: string,
    expected: number,
    headers?: Record<string, string>,
  ): Promise<Record<string, unknown>> {
    const began = performance.now();
    const answer = await this.wire.ask({ path, body, headers });
    latencies.push(performance.now() - began);
    if (answer.status !== expected) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as Record<string, unknown>;
  }

  close(): void {
    this.wire.close();
  }
}
