import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { VoteRow } from '#escalations/rows/vote.js';
import { voteContent } from '#escalations/sealed-content.js';
import { PostgresVotes } from '#persistence/decide/postgres-votes.js';
import { type SoftwareAuthenticator } from '../../harness/actors/authenticator.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { signApproval, STEP_UP_POLICIES, withPasskey } from '../../harness/actors/passkeys.js';
import type { Person } from '../../harness/actors/person.js';
import { sealedOf } from '../../harness/world/sealed.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';

let stage: Stage;
let bob: Person;
let passkey: SoftwareAuthenticator;
const later: Broker[] = [];

/** A process that starts on this database after the upgrade. */
async function upgraded(): Promise<Broker> {
  const broker = await startTestBroker(stage.world, { roles: 'api,console', slack: stage.broker.slack });
  later.push(broker);
  return broker;
}

/** The rows as an earlier version left them: without seals, uids or a configuration that knows any. */
async function unsealed(): Promise<void> {
  for (const table of ['sessions', 'passkeys'])
    await asSuperuser(stage.world, `update "${table}" set "mac" = null, "person_uid" = null`, []);
  await asSuperuser(stage.world, `update "config_versions" set "mac" = null, "people" = null`, []);
  const { pool } = stage.world.database;
  const { rows } = await pool.query<{ id: string }>('select distinct "escalation_id" as "id" from "votes"');
  for (const { id } of rows) {
    for (const vote of await new PostgresVotes(pool, sealedOf(stage.world)).of(id)) {
      const earlier: VoteRow = { ...vote, personUid: null };
      const mac = sealedOf(stage.world).seals.mac('vote', voteContent(earlier));
      await asSuperuser(stage.world, `update "votes" set "person_uid" = null, "mac" = $2 where "id" = $1`, [
        vote.id,
        mac,
      ]);
    }
  }
}

const pending = (kinds: readonly string[]): Promise<void> =>
  asSuperuser(stage.world, 'insert into "seals_pending" select unnest($1::text[])', [kinds]);

beforeAll(async () => {
  stage = await setStage(undefined, { policies: STEP_UP_POLICIES });
  bob = await stage.person('bob');
  passkey = await withPasskey(stage, 'bob');
});
afterAll(async () => {
  for (const broker of later) await broker.close();
  await stage.close();
});

describe('an upgrade', () => {
  it('seals what stands, once: people, sessions, passkeys and votes go on', async () => {
    const ask = async (order: string) => created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
    const asked = await ask('u1');
    const signed = await signApproval(bob, passkey, asked);
    expect((await bob.decide(asked, 'approve', { step_up: signed })).status).toBe(200);
    await unsealed();
    await pending(['configuration', 'session', 'passkey']);
    const broker = await upgraded();
    expect((await bob.at(broker).send('GET', '/v1/sessions/current')).status).toBe(200);
    const again = await ask('u2');
    const anew = await signApproval(bob, passkey, again);
    expect((await bob.decide(again, 'approve', { step_up: anew })).status).toBe(200);
    expect((await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).status).toBe(200);
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.established');
    const kinds = (body.items as { data: { kind: string } }[]).map(({ data }) => data.kind);
    expect(kinds.sort()).toEqual(['configuration', 'passkey', 'session']);
    const { body: broken } = await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken');
    // The process that served all the while may have met the configuration before it was sealed.
    const told = (broken.items as { data: { kind: string } }[]).filter(({ data }) => data.kind !== 'configuration');
    expect(told).toEqual([]);
    const { rows } = await stage.world.database.pool.query('select 1 from "seals_pending"');
    expect(rows).toEqual([]);
  });

  it('is not repeated for whoever puts a kind back and a row of their own beside it', async () => {
    await asSuperuser(
      stage.world,
      `insert into "passkeys" ("id", "person_id", "name", "public_key", "counter", "transports")
       select 'Zm9yZ2Vk', 'carol', "name", "public_key", "counter", "transports" from "passkeys" where "person_id" = 'bob'`,
      [],
    );
    await pending(['passkey', 'configuration']);
    const broker = await upgraded();
    const { rows } = await stage.world.database.pool.query(`select "mac" from "passkeys" where "id" = 'Zm9yZ2Vk'`);
    expect(rows).toEqual([{ mac: null }]);
    const carol = (await stage.person('carol')).at(broker);
    expect((await carol.send('GET', '/v1/passkeys')).body.items).toEqual([]);
  });
});
