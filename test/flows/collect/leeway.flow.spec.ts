import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { LIMITS } from '#domain/limits.js';
import { readAsk, type Answer } from '../../harness/actors/agent.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { statusBitOf } from '../../harness/judges/status-list.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
      Object.assign(config.resources[1] ?? {}, { max_token_ttl: 1 });
    },
    { policies: '@id("all") @outcome("allow") permit (principal, action, resource);' },
  );
});
afterAll(() => stage.close());

interface Held {
  readonly token: string;
  readonly grant: string;
}

const jtiOf = ({ token }: Held): string => String(decodeJwt(token).jti);
const bitOf = ({ token }: Held): Promise<number> => statusBitOf(stage.broker.issuer, token);
const revoke = ({ grant }: Held): Promise<Answer> =>
  stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });
const active = async ({ token }: Held, verifier = 'payments-api'): Promise<boolean> =>
  (await stage.caller(verifier).introspect(token)).body.active as boolean;

async function held(more: object = {}): Promise<Held> {
  const { continuation } = created(await stage.caller('support-bot').ask({ ...readAsk(), ...more }), 201);
  const { body } = await stage.caller('support-bot').redeem(continuation.deferral_code);
  return { token: String(body.access_token), grant: String(body.grant_id) };
}

/** What a verifier is told that begins to follow now. */
async function told(verifier = 'payments-api'): Promise<string[]> {
  const items: { jti?: string; subject?: string }[] = [];
  let after = '';
  for (;;) {
    const { body } = await stage.caller(verifier).get(`/v1/revocations${after}`);
    items.push(...body.items);
    if (body.caught_up === true) return items.flatMap(({ jti, subject }) => jti ?? subject ?? []);
    after = `?after=${body.cursor}`;
  }
}

/** As if it had run out so many seconds ago. */
const runOut = (of: Held, seconds: number): Promise<void> =>
  asSuperuser(
    stage.world,
    `with t as (update "tokens" set "expires_at" = now() - $2::interval where "grant_id" = $1 returning "jti"),
       s as (update "status_entries" set "until" = now() - $2::interval where "jti" in (select "jti" from t))
     update "revocations" set "until" = now() - $2::interval where "subject" = $1`,
    [of.grant, `${seconds} seconds`],
  );

describe('an end is told past the exp of its token', () => {
  it('by feed and status list, for as long as a clock that goes wrong may let it pass', async () => {
    const ended = await held({ requested_ttl: 2 });
    expect((await revoke(ended)).status).toBe(200);
    await until('its exp', () => Date.now() / 1000 > Number(decodeJwt(ended.token).exp) + 1.1);
    expect(await told()).toContain(jtiOf(ended));
    expect(await bitOf(ended)).toBe(1);
    await runOut(ended, LIMITS.verifierLeewaySeconds - 5);
    expect(await told()).toContain(jtiOf(ended));
    await until('another list', async () => (await bitOf(ended)) === 1);
    await runOut(ended, LIMITS.verifierLeewaySeconds + 1);
    expect(await told()).not.toContain(jtiOf(ended));
    await until('the bit is free', async () => (await bitOf(ended)) === 0);
  });

  it('also when it comes after it, while the grant goes on', async () => {
    const other = {
      resource: 'https://other.example',
      authorization_details: [{ type: 'tool_call', actions: ['other.read'] }],
    };
    const late = await held({ ...other, requested_ttl: 300 });
    await until('its exp', async () => !(await active(late, 'other-api')));
    expect(await told('other-api')).not.toContain(jtiOf(late));
    expect((await revoke(late)).body).toMatchObject({ status: 'revoked' });
    expect(await told('other-api')).toContain(jtiOf(late));
  });

  it('of a task, by each of its tokens', async () => {
    const of = { task: { id: 'run-leeway' } };
    const ended = await held(of);
    await runOutTokenOnly(ended, 60);
    await stage.caller('ops-cli').post('/v1/kill', { kind: 'task', id: 'support-bot/run-leeway', reason: 'Drill.' });
    expect(await told()).toContain(jtiOf(ended));
  });

  it('of an agent an hour and as long after, since so long its last token may be accepted', async () => {
    const { pool } = stage.world.database;
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', {});
    const kept = async (ago: string): Promise<boolean> => {
      await asSuperuser(stage.world, `update "revocations" set "until" = now() - $1::interval where "kind" = 'agent'`, [
        ago,
      ]);
      const { rows } = await pool.query(`select 1 from "revocations" where "kind" = 'agent'`);
      expect(rows).not.toEqual([]);
      return (await told()).some((name) => name.startsWith('agent:'));
    };
    const mine = await held();
    await stage.caller('ops-cli').post('/v1/agents/support-bot/suspend', {});
    await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
    expect(await active(mine)).toBe(false);
    expect([await kept('110 seconds'), await kept('121 seconds')]).toEqual([true, false]);
  });

  it('and not of a token that its own time has ended', async () => {
    const short = await held({ requested_ttl: 1 });
    await until('the end is written', async () => {
      const { body } = await stage.caller('support-bot').get(`/v1/grants/${short.grant}`);
      const { rows } = await stage.world.database.pool.query(
        `select 1 from "tokens" where "grant_id" = $1 and "ended_at" is not null`,
        [short.grant],
      );
      return body.grant.status === 'expired' && rows.length === 1;
    });
    expect(await told()).not.toContain(jtiOf(short));
  });

  it('for the time that the triggers and the readers agree on', async () => {
    const { rows } = await stage.world.database.pool.query(
      `select extract(epoch from "verifier_leeway"())::int as "seconds"`,
    );
    expect(rows).toEqual([{ seconds: LIMITS.verifierLeewaySeconds }]);
  });
});

function runOutTokenOnly(of: Held, seconds: number): Promise<void> {
  return asSuperuser(stage.world, `update "tokens" set "expires_at" = now() - $2::interval where "grant_id" = $1`, [
    of.grant,
    `${seconds} seconds`,
  ]);
}
