import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCHEDULES } from '#delivery/schedules.js';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import type { RotateDueKeys } from '#escalations/keys/rotate-due-keys.js';
import { PostgresAssertionLedger } from '#persistence/people/postgres-registrations-and-sessions.js';
import { PostgresOverdueSource } from '#persistence/end/postgres-overdue-source.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { approvedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { ageEscalation, ageReadyGrant, asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;
afterAll(() => stage.close());
beforeAll(async () => {
  stage = await setStage((config) => void Object.assign(config.limits, { signing_key_days: 30 }));
});

const count = async (text: string): Promise<number> =>
  (await stage.world.database.pool.query<{ n: number }>(`select count(*)::int as "n" from ${text}`)).rows[0]!.n;
/** What this broker has counted as drift. */
async function drifted(kind: string): Promise<number> {
  const text = await (await fetch(`${stage.broker.base}/metrics`)).text();
  return Number(new RegExp(`^writ_drift_total\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
const keys = (): Promise<number> => count('"signing_keys"');

describe('keys that are older than the configuration wants', () => {
  const dueKeys = (): RotateDueKeys => {
    const { pool } = stage.world.database;
    const cases = useCasesOf(stage.world, pool);
    return cases.rotateDueKeys(
      new LiveRegistry(cases.configurationStore),
      new WrappedKeyMaker(Buffer.from(stage.world.masterKey, 'base64'), randomBytes),
    );
  };

  it('are followed by one new key, however many processes see it', async () => {
    const before = await keys();
    expect(await dueKeys().execute()).toEqual([]);
    await asSuperuser(stage.world, `update "signing_keys" set "active_from" = "active_from" - interval '31 days'`, []);
    const begun = await Promise.all([dueKeys().execute(), dueKeys().execute(), dueKeys().execute()]);
    expect(begun.flat()).toMatchObject([{ retiring: [expect.any(String)] }]);
    expect(await dueKeys().execute()).toEqual([]);
    expect(await keys()).toBe(before + 1);
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=key.rotated');
    expect(body.items).toContainEqual(
      expect.objectContaining({
        actor: { kind: 'system', id: 'writ' },
        data: expect.objectContaining({ change: 'rotated' }),
      }),
    );
  });
});

describe('jobs and rows that have lost one another', () => {
  it('a row past its deadline is ended though its job is gone', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const { grant } = await approvedRefund(stage);
    const { pool } = stage.world.database;
    await until('the jobs are handed over', async () => (await count('"outbox" where "dispatched_at" is null')) === 0);
    await pool.query('delete from "bullmq"."job"');
    await ageEscalation(stage.world, id, 24 * 3_600);
    await ageReadyGrant(stage.world, grant, 24 * 3_600);
    await until('both ends are written', async () => {
      const open = `"escalations" e, "grants" g where e."id" = '${id}' and g."id" = '${grant}' and e."status" = 'lapsed' and g."status" = 'expired'`;
      return (await count(open)) === 1;
    });
    await until('both are counted', async () => (await drifted('row_overdue')) >= 2);
  });

  it('a job without a row finds nothing to do', async () => {
    await stage.world.database.pool.query(
      `insert into "outbox" ("topic", "payload") select t, jsonb_build_object('id', 'none')
       from unnest(array['deadline.escalation', 'deadline.grant', 'reminder.escalation', 'card.publish', 'card.thread', 'notice.send',
         'break_glass.notice', 'policy.reevaluate']) t`,
    );
    await until('the jobs are handed over', async () => (await count('"outbox" where "dispatched_at" is null')) === 0);
    // A request that comes later is done by the same consumers: they are not held up.
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('99')), 202);
    await stage.slack.card(id);
    await until(
      'every job is done with',
      async () => (await count(`"outbox" where "payload" ->> 'id' = 'none' and "done_at" is null`)) === 0,
    );
    expect(await count(`"dead_letters"`)).toBe(0);
    await until('they are counted', async () => (await drifted('job_without_row')) >= 4);
  });

  it('a card with buttons of a request that is over is found, by a schedule that came back after a wipe of the queue', async () => {
    const { pool } = stage.world.database;
    const { id } = await approvedRefund(stage, {}, 'support-bot', { afterCard: true });
    const shown = `"slack_cards" c, "escalations" e, "grants" g where c."escalation_id" = '${id}' and e."id" = '${id}' and g."escalation_id" = '${id}'
      and c."version_shown" = e."version" + g."version" - g."uses"`;
    await until('the card shows the decision', async () => (await count(shown)) === 1);
    // A row that is open has the relay look after its job.
    const open = `"outbox" where "topic" = 'card.publish' and "payload" ->> 'id' = '${id}' and "done_at" is null`;
    await until('its jobs are done', async () => (await count(open)) === 0);
    await pool.query('truncate "bullmq"."job", "bullmq"."scheduler" cascade');
    await pool.query(
      `update "slack_cards" set "version_shown" = "version_shown" - 1, "expected_at" = clock_timestamp() - interval '1 minute'
       where "escalation_id" = $1`,
      [id],
    );
    await until(
      'the schedules are back',
      async () => (await count('"bullmq"."scheduler"')) === Object.keys(SCHEDULES).length,
    );
    await until('it is true again', async () => (await count(shown)) === 1, 60_000);
    expect(await drifted('card_over')).toBeGreaterThanOrEqual(1);
  }, 90_000);
});

describe('what is spent', () => {
  it('goes, in pieces, and what is not stays', async () => {
    const { pool } = stage.world.database;
    await pool.query(
      `insert into "assertion_uses" select 's', g::text, now() - interval '3 hours' from generate_series(1, 25000) g;
       insert into "assertion_uses" values ('s', 'fresh', now() + interval '1 minute');
       insert into "outbox" ("topic", "payload", "dispatched_at", "done_at") values ('old', '{}', now() - interval '2 days', now() - interval '2 days'),
         ('waits', '{}', now() - interval '2 days', null);
       insert into "login_codes" ("code_hash", "person_id", "expires_at") values ('old', 'bob', now() - interval '2 days'), ('new', 'bob', now());
       insert into "mutes" values ('bob', 'agent', 'old', now() - interval '2 days'), ('bob', 'agent', 'new', now() + interval '1 hour');
       insert into "idempotency_keys" ("caller", "route", "key", "body_hash", "status", "response", "created_at")
         values ('c', 'r', 'old', 'h', 200, '{}', now() - interval '3 days'), ('c', 'r', 'new', 'h', 200, '{}', now())`,
    );
    await new PostgresOverdueSource(pool).forgetSpent();
    expect(await count(`"assertion_uses" where "subject" = 's'`)).toBe(1);
    expect(await count(`"outbox" where "topic" in ('old', 'waits')`)).toBe(1);
    expect(await count(`"login_codes" where "code_hash" in ('old', 'new')`)).toBe(1);
    expect(await count(`"mutes" where "subject" in ('old', 'new')`)).toBe(1);
    expect(await count(`"idempotency_keys" where "caller" = 'c'`)).toBe(1);
    expect(await count(`"events"`)).toBeGreaterThan(0);
  });

  it('is no assertion that a process whose clock is behind has taken just now: it works once there too', async () => {
    const { pool } = stage.world.database;
    const [ledger, hoursBehind] = [new PostgresAssertionLedger(pool), Math.floor(Date.now() / 1000) - 10_800];
    expect(await ledger.use('lagging', 'once', hoursBehind)).toBe(true);
    await new PostgresOverdueSource(pool).forgetSpent();
    // So an hour and a half later, by when that process still believes the assertion's hour.
    await asSuperuser(
      stage.world,
      `update "assertion_uses" set "expires_at" = "expires_at" - interval '90 minutes' where "subject" = 'lagging'`,
      [],
    );
    await new PostgresOverdueSource(pool).forgetSpent();
    expect(await ledger.use('lagging', 'once', hoursBehind)).toBe(false);
  });
});
