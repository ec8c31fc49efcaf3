import pg from 'pg';
import { inRounds, percentiles, type Bench, type Figures } from '../figure.js';
import { holdMany, openField, type Field } from '../sides/field.js';
import { FollowingVerifier } from '../sides/verifier.js';
import { insist, Wire } from '../sides/wire.js';

const VERIFIERS = 20;
const REVOKED = 40;
const WARM_UP = 5;

/**
 * From the moment a revocation is sent to one process until the last of 20 verifiers at another refuses the token,
 * against an UPDATE with its NOTIFY until the last of 20 connections that listen has heard it.
 */
export const revokeToRefusal: Bench = {
  name: 'revoke_to_refusal',
  gives: ['revoke_to_refusal_p50', 'revoke_to_refusal_p99'],
  run: async ({ rounds }): Promise<Figures> => {
    const field = await openField({ processes: ['all', 'api'] });
    const fanOut = await FanOut.open(field.world.database.url);
    const wire = new Wire(field.processes[0]?.base ?? '', 1);
    const base = field.processes[1]?.base ?? '';
    const verifiers: FollowingVerifier[] = [];
    try {
      for (let n = 0; n < VERIFIERS; n += 1)
        verifiers.push(await FollowingVerifier.open(field.caller('payments-api', 1), base));
      await refusals(field, wire, verifiers, WARM_UP);
      await fanOut.heard(WARM_UP);
      const { ours, reference } = await inRounds(rounds, {
        ours: () => refusals(field, wire, verifiers, REVOKED),
        reference: () => fanOut.heard(REVOKED),
      });
      const name = `a bare UPDATE with pg_notify until the last of ${VERIFIERS} connections that listen has heard it`;
      return percentiles('revoke_to_refusal', ours, reference, name);
    } finally {
      for (const verifier of verifiers) verifier.close();
      wire.close();
      await fanOut.close();
      await field.close();
    }
  },
};

/** Milliseconds from sending each of so many revocations, one after the other, until the last verifier refuses. */
async function refusals(
  field: Field,
  wire: Wire,
  verifiers: readonly FollowingVerifier[],
  count: number,
): Promise<number[]> {
  const operator = field.caller('ops-cli');
  const samples: number[] = [];
  for (const { token, grant } of await holdMany(field, count)) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await operator.assertion()}` };
    const sent: Promise<unknown>[] = [];
    const everyone = async (one: Promise<unknown>): Promise<unknown> => {
      sent.push(one);
      await one;
      return Promise.all(sent);
    };
    const refusing = verifiers.map((verifier) => verifier.refuses(token, everyone));
    const began = performance.now();
    const answered = wire.ask({ path: `/v1/grants/${grant}/revoke`, body: '{"reason":"Bench."}', headers });
    samples.push(Math.max(...(await Promise.all(refusing))) - began);
    insist(await answered, 200, grant);
  }
  return samples;
}

/** What PostgreSQL alone makes of it: one row changed, twenty told. */
class FanOut {
  private waiting: (() => void) | undefined;
  private left = 0;

  private constructor(
    private readonly writer: pg.Client,
    private readonly listeners: readonly pg.Client[],
  ) {
    for (const listener of listeners)
      listener.on('notification', () => {
        this.left -= 1;
        if (this.left === 0) this.waiting?.();
      });
  }

  static async open(url: string): Promise<FanOut> {
    const clients = Array.from({ length: VERIFIERS + 1 }, () => new pg.Client({ connectionString: url }));
    for (const client of clients) await client.connect();
    const [writer, ...listeners] = clients as [pg.Client, ...pg.Client[]];
    await writer.query('create table "bare_revocations" ("id" int primary key, "revoked_at" timestamptz)');
    await writer.query('insert into "bare_revocations" ("id") select generate_series(0, 999)');
    for (const listener of listeners) await listener.query('listen "bare_revocations"');
    return new FanOut(writer, listeners);
  }

  async heard(count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let n = 0; n < count; n += 1) {
      this.left = this.listeners.length;
      const all = new Promise<void>((resolve) => (this.waiting = resolve));
      const began = performance.now();
      await this.writer.query({
        name: 'bare-revoke',
        text: `with r as (update "bare_revocations" set "revoked_at" = clock_timestamp() where "id" = $1 returning "id")
               select pg_notify('bare_revocations', "id"::text) from r`,
        values: [n % 1_000],
      });
      await all;
      samples.push(performance.now() - began);
    }
    return samples;
  }

  async close(): Promise<void> {
    for (const client of [this.writer, ...this.listeners]) await client.end();
  }
}
