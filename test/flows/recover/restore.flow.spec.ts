import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import type { Person } from '../../harness/actors/person.js';
import { alarms, isActive as active, Restorable } from '../../harness/world/restorable.js';
import { approvedRefund, collectedRefund, created } from '../../harness/world/stage.js';
import { placeOf, statusBitOf } from '../../harness/judges/status-list.js';
import { rowsOfAsks } from '../../harness/world/rows-of-asks.js';
import { until } from '../../harness/judges/until.js';

describe('a broker on a database that was put back', () => {
  let here: Restorable;
  let revoked: Awaited<ReturnType<typeof collectedRefund>>;
  let kept: Awaited<ReturnType<typeof collectedRefund>>;
  let ready: Awaited<ReturnType<typeof approvedRefund>>;
  let later: Awaited<ReturnType<typeof collectedRefund>>;
  let pending: { id: string; digest: string };
  let bob: Person;

  beforeAll(async () => {
    here = await Restorable.start();
    revoked = await collectedRefund(here.stage, { requested_ttl: 200 });
    kept = await collectedRefund(here.stage, { requested_ttl: 200 });
    ready = await approvedRefund(here.stage);
    pending = created(await here.stage.caller('support-bot').ask(refundAsk('77')), 202);
    bob = await here.stage.person('bob');
    await here.broker.close();
    await here.backup();

    await here.startBroker();
    await here.stage.caller('ops-cli').post(`/v1/grants/${revoked.grant}/revoke`, { reason: 'Wrong order.' });
    expect(await active(here, revoked.token)).toBe(false);
    later = await collectedRefund(here.stage);
    expect(await active(here, later.token)).toBe(true);
    await here.broker.close();
    await here.putBack();
    await here.startBroker();
  }, 60_000);
  afterAll(() => here.close());

  it('misses what it had seen, before it serves, and says so aloud', () => {
    expect(alarms(here)).toMatch(/no longer holds event/);
  });

  it('believes no token from before, revoked since or not, and none whose row is gone', async () => {
    for (const { token } of [revoked, kept, later]) expect(await active(here, token)).toBe(false);
    const use = await here.stage
      .caller('payments-api')
      .post('/v1/tokens/consume', { token: kept.token, action: 'refund.create', call_id: 'c1' });
    expect(use.body).toMatchObject({ allowed: false, code: 'inactive' });
  });

  it('says so on the status list too, also of a token that only this list may still know, and in the feed', async () => {
    const bits = [revoked, kept, later].map(({ token }) => statusBitOf(here.broker.issuer, token));
    expect(await Promise.all(bits)).toEqual([1, 1, 1]);
    const feed = await here.stage.caller('payments-api').get('/v1/revocations');
    const restore = feed.body.items.find((item: { kind: string }) => item.kind === 'restore');
    expect(restore).toMatchObject({ subject: '1' });
    for (const { token } of [revoked, kept, later])
      expect(Number(decodeJwt(token).iat) * 1_000).toBeLessThanOrEqual(Date.parse(restore.not_before));
  });

  it('mints nothing: neither for what was approved before nor for what policy allows now', async () => {
    const agent = here.stage.caller('support-bot');
    expect((await agent.redeem(ready.code)).body.error).toBe('authorization_pending');
    const allowed = created(await agent.ask(readAsk()), 201);
    expect((await agent.redeem(allowed.continuation.deferral_code)).body.error).toBe('authorization_pending');
    const before = await rowsOfAsks(here.world);
    const asked = await agent.askHere({ ...readAsk(), completion_mode: 'deferred' }, { 'idempotency-key': 'held' });
    expect(asked).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(await rowsOfAsks(here.world)).toEqual(before);
  });

  it('has cancelled what waited for people, and ended every session', async () => {
    const agent = here.stage.caller('support-bot');
    expect((await agent.get(`/v1/escalations/${pending.id}`)).body.status).toBe('cancelled');
    expect((await bob.decide(pending, 'approve')).status).toBe(401);
    const events = await until('the end is written', async () => {
      const found = await here.stage.caller('auditor-tool').get('/v1/audit/events?type=escalation.cancelled');
      return found.body.items.length > 0 && found.body.items;
    });
    expect(events).toMatchObject([{ escalation: pending.id, data: { cause: 'restored' } }]);
  });

  it('tells the operator what is held', async () => {
    const told = await here.run('restore', 'status', '--json');
    expect(JSON.parse(told.out)).toMatchObject({
      held: true,
      items: [{ id: '1', cause: 'detected', declared_by: 'system:writ', review: null }],
    });
    expect((await here.run('restore', 'review')).exit).toBe(2);
  });

  it('does not declare the same restore again at the next start', async () => {
    await here.broker.close();
    await here.startBroker();
    expect(alarms(here)).not.toMatch(/no longer holds event/);
    expect(await active(here, kept.token)).toBe(false);
    await until('it is said again', async () => /waits for a review/.test(alarms(here)));
  });

  it('ends everything from before when the review says so, and goes on', async () => {
    const done = await here.run('restore', 'review', '--end', '--note', 'Two hours are lost.');
    expect(done).toMatchObject({ exit: 0 });
    for (const { token } of [revoked, kept]) expect(await active(here, token)).toBe(false);
    const agent = here.stage.caller('support-bot');
    expect((await agent.redeem(ready.code)).body.error).toBe('access_denied');
    const story = await here.stage.caller('auditor-tool').get(`/v1/grants/${kept.grant}`);
    expect(story.body.grant).toMatchObject({ status: 'revoked', end_reason: 'restored' });
    const fresh = await collectedRefund(here.stage);
    expect(await active(here, fresh.token)).toBe(true);
    expect(placeOf(fresh.token).uri).not.toBe(placeOf(later.token).uri);
    const bits = [revoked, kept, later, fresh].map(({ token }) => statusBitOf(here.broker.issuer, token));
    expect(await Promise.all(bits)).toEqual([1, 1, 1, 0]);
    const events = await here.stage.caller('auditor-tool').get('/v1/audit/events?type=restore.reviewed');
    expect(events.body.items).toMatchObject([{ data: { verdict: 'end', note: 'Two hours are lost.' } }]);
    expect(await here.run('restore', 'review', '--end')).toMatchObject({ exit: 1 });
  });
});

describe('an operator who declares a restore', () => {
  let here: Restorable;
  beforeAll(async () => {
    here = await Restorable.start();
  });
  afterAll(() => here.close());

  it('holds everything in running brokers, and can let it count again', async () => {
    const held = await collectedRefund(here.stage, { requested_ttl: 200 });
    const ready = await approvedRefund(here.stage);
    expect(await here.run('restore', 'declare')).toMatchObject({ exit: 0 });
    expect(await active(here, held.token)).toBe(false);
    expect(await here.run('restore', 'declare')).toMatchObject({ exit: 0 });
    expect(await statusBitOf(here.broker.issuer, held.token)).toBe(1);
    expect(await here.run('restore', 'review', '--keep')).toMatchObject({ exit: 0 });
    expect(await active(here, held.token)).toBe(true);
    await until('its bit', async () => (await statusBitOf(here.broker.issuer, held.token)) === 0);
    expect((await here.stage.caller('support-bot').redeem(ready.code)).status).toBe(200);
  });

  it('and ends it counts among what was before also what was approved while the declaration waited', async () => {
    const asked = created(await here.stage.caller('support-bot').ask(refundAsk('78')), 202);
    const bob = await here.stage.person('bob');
    const { pool } = here.world.database;
    const inTheWay = await pool.connect();
    try {
      await inTheWay.query('begin');
      await inTheWay.query('lock table "webauthn_challenges" in share mode');
      const declaring = here.run('restore', 'declare');
      const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and query like 'delete from "webauthn_challenges"%'`;
      await until('it waits', async () => (await pool.query(waits)).rowCount === 1);
      expect((await bob.decide(asked, 'approve')).status).toBe(200);
      await inTheWay.query('commit');
      expect(await declaring).toMatchObject({ exit: 0 });
    } finally {
      inTheWay.release();
    }
    expect(await here.run('restore', 'review', '--end')).toMatchObject({ exit: 0 });
    const agent = here.stage.caller('support-bot');
    expect((await agent.redeem(asked.continuation.deferral_code)).body.error).toBe('access_denied');
    const { body } = await agent.get(`/v1/escalations/${asked.id}`);
    expect(body.grant).toMatchObject({ status: 'revoked', end_reason: 'restored' });
    await until('it is written', async () => {
      const { rows } = await pool.query(`select "end_reason" as "why" from "grants" where "escalation_id" = $1`, [
        asked.id,
      ]);
      return rows[0]?.why === 'restored';
    });
  });

  it('is not needed for a database of which nothing was ever asked', async () => {
    const mark = join(here.world.configDir, 'high-water.json');
    await until('the mark is kept', async () => existsSync(mark));
    const elsewhere = await Restorable.start();
    try {
      await elsewhere.broker.close();
      cpSync(mark, join(elsewhere.world.configDir, 'high-water.json'));
      await elsewhere.startBroker();
      expect(JSON.parse((await elsewhere.run('restore', 'status', '--json')).out)).toMatchObject({ items: [] });
    } finally {
      await elsewhere.close();
    }
  });

  it('is not made up by somebody who edits the mark', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-mark-'));
    const mark = JSON.parse(readFileSync(join(here.world.configDir, 'high-water.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'high-water.json'), JSON.stringify({ ...mark, seq: '999999999' }));
    await here.broker.close();
    await here.startBroker({ WRIT_DATA_DIR: folder });
    expect(alarms(here)).toMatch(/another master key or damaged/);
    expect(alarms(here)).not.toMatch(/no longer holds event/);
    await here.broker.close();
    await here.startBroker();
    rmSync(folder, { recursive: true });
  });
});
