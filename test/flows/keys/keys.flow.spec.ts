import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import * as oauth from 'oauth4webapi';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import { KEYS_LOCK } from '#persistence/keys/postgres-signing-key-rows.js';
import type { SigningKeyRow } from '#tokens/ports.js';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { Caller, readAsk, type Answer } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { makeWorld, type Config } from '../../harness/world/world.js';

const AUDIENCE = 'https://payments.example';

const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
@id("refunds") @outcome("require_approval") @approvers("oncall")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
`;
const unlimited = (config: Config): void =>
  void (config.limits = { pending_per_agent: 10_000, creates_per_minute: 100_000 });

/** Two brokers of one issuer on one database. */
let stage: Stage;
let other: Broker;
let pool: DatabasePool;

beforeAll(async () => {
  stage = await setStage(unlimited, { policies: POLICIES });
  other = await startTestBroker(stage.world, {
    slack: stage.broker.slack,
    extra: { WRIT_ISSUER: stage.broker.issuer },
  });
  pool = createPool(stage.world.database.url, { max: 1 });
});
afterAll(async () => {
  await pool.end();
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(async () => {
  await other.close();
  await stage.close();
});

/** Runs the command line beside the brokers, as an operator would. */
async function command(...argv: string[]): Promise<Session> {
  const done = await writ(argv, {
    DATABASE_URL: stage.world.database.url,
    WRIT_MASTER_KEY: stage.world.masterKey,
    WRIT_CONFIG: stage.world.configDir,
    WRIT_DATA_DIR: stage.world.configDir,
  });
  if (done.exit !== 0) throw new Error(done.remarks);
  return done;
}

const kidOf = (jwt: string): string => String(decodeProtectedHeader(jwt).kid);
const here = (id: string): Caller => stage.caller(id);
const there = (id: string): Caller => new Caller(stage.world, stage.broker.issuer, id, other.base);
const BOTH = [here, there];
const keySet = async (base: string): Promise<JSONWebKeySet> =>
  (await fetch(`${base}/oauth/jwks`)).json() as Promise<JSONWebKeySet>;
const published = async (): Promise<JSONWebKeySet[]> => Promise.all([keySet(stage.broker.base), keySet(other.base)]);
const kidsOf = (sets: readonly JSONWebKeySet[]): string[][] =>
  sets.map((set) => set.keys.map((key) => String(key.kid)));
const signing = async (): Promise<string> =>
  JSON.parse((await command('keys', 'list', '--json')).out).items.find(
    (key: { state: string; alg: string }) => key.state === 'signing' && key.alg === 'ES256',
  ).kid;

/** Asks for what policy allows at one broker and collects it there. */
async function token(at: (id: string) => Caller): Promise<string> {
  const { continuation } = created(await at('support-bot').ask(readAsk()), 201);
  const { body, status } = await at('support-bot').redeem(continuation.deferral_code);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.access_token as string;
}

describe('rotating a signing key', () => {
  it('under load: every token verifies with the key set that was fetched before its key signed', async () => {
    const old = await signing();
    await command('keys', 'rotate', '--after', '6');
    const sets = await until('the coming key to be published by both', async () => {
      const found = await published();
      return found.every((set) => set.keys.length === 2) ? found : null;
    });
    expect(await signing()).toBe(old);

    const tokens: string[] = [];
    const signedBy = (isOld: boolean): number => tokens.filter((jwt) => (kidOf(jwt) === old) === isOld).length;
    await until(
      'a hundred tokens, before and after the switch',
      async () => {
        tokens.push(...(await Promise.all(BOTH.flatMap((at) => [token(at), token(at)]))));
        return tokens.length >= 100 && signedBy(false) >= 20;
      },
      40_000,
    );
    expect(signedBy(true)).toBeGreaterThan(0);
    for (const set of sets) {
      const keys = createLocalJWKSet(set);
      for (const jwt of tokens) await jwtVerify(jwt, keys, { audience: AUDIENCE, typ: 'at+jwt' });
    }
    const checked = await Promise.all(
      [tokens[0], tokens.at(-1)].map((jwt) => there('payments-api').introspect(`${jwt}`)),
    );
    expect(checked.map((answer) => answer.body.active)).toEqual([true, true]);

    const { rows } = await pool.query(
      `select t."jti" from "tokens" t join "signing_keys" k on k."kid" = t."kid" where t."minted_at" > k."retired_at"`,
    );
    expect(rows).toEqual([]);
    expect(kidsOf(await published()).every((kids) => kids.includes(old))).toBe(true);
  }, 60_000);
});

describe('declaring a signing key compromised', () => {
  const call = (jwt: string, id: string) => ({ token: jwt, action: 'payment.read', call_id: id });
  const inactive = (answer: Answer) => expect(answer.body).toEqual({ active: false });

  it('ends every token of the key in every process at the next call, and no other token', async () => {
    const earlier = await token(here);
    await command('keys', 'rotate', '--now');
    const kid = await signing();
    const [mine, theirs] = await Promise.all([token(here), token(there)]);
    expect([kidOf(mine), kidOf(theirs)]).toEqual([kid, kid]);
    expect((await there('payments-api').introspect(mine)).body.active).toBe(true);

    const { out } = await command('keys', 'compromise', kid, '--reason', 'The backup was public.');
    for (const at of BOTH) {
      inactive(await at('payments-api').introspect(mine));
      inactive(await at('support-bot').introspect(theirs));
      expect((await at('payments-api').post('/v1/tokens/consume', call(mine, 'c1'))).body).toEqual({
        allowed: false,
        code: 'inactive',
      });
      expect((await at('payments-api').introspect(earlier)).body.active).toBe(true);
    }
    const successor = await signing();
    expect(out).toContain(`${successor} signs from now on`);
    await until('both to withdraw the key and publish its successor', async () =>
      kidsOf(await published()).every((kids) => !kids.includes(kid) && kids.includes(successor)),
    );
  });

  it('signs what was approved and not collected with the key that follows, good in every process at once', async () => {
    const { code } = await approvedRefund(stage);
    const kid = await signing();
    await command('keys', 'compromise', kid, '--reason', 'Drill.');
    const { body } = await there('support-bot').redeem(code);
    expect(kidOf(body.access_token)).toBe(await signing());
    for (const at of BOTH) expect((await at('payments-api').introspect(body.access_token)).body.active).toBe(true);
  });

  it('races collections: none is answered with a fault, and no token of the key outlives it', async () => {
    for (let round = 0; round < 6; round += 1) {
      const codes = await Promise.all([approvedRefund(stage), approvedRefund(stage)]);
      const kid = await signing();
      const [redeemed] = await Promise.all([
        Promise.all(codes.map(({ code }, index) => (index === 0 ? here : there)('support-bot').redeem(code))),
        command('keys', 'compromise', kid, '--reason', 'Race.'),
      ]);
      for (const { status, body } of redeemed) {
        expect(status).toBe(200);
        const { active } = (await there('payments-api').introspect(body.access_token)).body;
        expect(active).toBe(kidOf(body.access_token) !== kid);
      }
    }
  }, 30_000);

  it('is told in the history of each grant, and a lost answer is not signed again', async () => {
    const { code } = await approvedRefund(stage);
    const key = { 'idempotency-key': 'lost' };
    expect((await here('support-bot').redeem(code, key)).status).toBe(200);
    const held = await collectedRefund(stage);
    await command('keys', 'compromise', await signing(), '--reason', 'Drill.');
    expect((await there('support-bot').redeem(code, key)).body.error).toBe('invalid_grant');
    const grant = await here('support-bot').get(`/v1/grants/${held.grant}`);
    expect(grant.body.grant).toMatchObject({ status: 'revoked', end_reason: 'key_compromised' });
    const { types } = await storyOf(stage, held.grant);
    expect(types.at(-1)).toBe('grant.revoked');
    const { body } = await here('auditor-tool').get('/v1/audit/events?type=key.rotated&limit=2');
    expect(body.items.map((event: { data: { change: string } }) => event.data.change)).toEqual([
      'rotated',
      'compromised',
    ]);
  });
});

describe('a resource that asks for RS256', () => {
  it('gets its tokens so signed, and strangers verify them', async () => {
    await applyConfig(stage.world, (config) => {
      unlimited(config);
      Object.assign(config.resources[0] ?? {}, { signing_alg: 'RS256' });
    });
    const jwt = await token(there);
    expect(decodeProtectedHeader(jwt)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const issuer = new URL(stage.broker.issuer);
    await until('the key to be published', async () =>
      kidsOf(await published()).every((kids) => kids.includes(kidOf(jwt))),
    );
    await jwtVerify(jwt, createRemoteJWKSet(new URL('/oauth/jwks', issuer)), {
      issuer: issuer.origin,
      audience: AUDIENCE,
    });
    const insecure = { [oauth.allowInsecureRequests]: true };
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const request = new Request(`${AUDIENCE}/payments`, { headers: { authorization: `Bearer ${jwt}` } });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    expect(await oauth.validateJwtAccessToken(server, request, AUDIENCE, insecure)).toMatchObject({ aud: AUDIENCE });
    expect((await here('payments-api').introspect(jwt)).body.active).toBe(true);
  });

  it('has a key of its own, which rotates apart', async () => {
    const jwt = await token(here);
    const es = await signing();
    await command('keys', 'rotate', '--alg', 'RS256', '--now');
    expect(kidOf(await token(there))).not.toBe(kidOf(jwt));
    expect((await there('payments-api').introspect(jwt)).body.active).toBe(true);
    expect(await signing()).toBe(es);
  });
});

describe('the first key of an algorithm', () => {
  it('is made once, however many brokers start together', async () => {
    const world = await makeWorld();
    const own = createPool(world.database.url, { max: 4 });
    const insert = `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from")
      values ('first', 'ES256', '{}', 'x', clock_timestamp())`;
    const first = await own.connect();
    try {
      await first.query('begin');
      await first.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      await first.query(insert);
      const row = { kid: 'second', alg: 'ES256', publicJwk: {}, wrappedPrivate: 'x', activeFrom: new Date() };
      const second = new PostgresSigningKeyStore(own).insertFirst(row as SigningKeyRow);
      const waits = `select 1 from pg_stat_activity where "wait_event_type" = 'Lock' and "datname" = current_database()`;
      await until('the second waits', async () => (await own.query(waits)).rows.length > 0);
      await first.query('commit');
      expect(await second).toBe(false);
      expect((await own.query('select "kid" from "signing_keys"')).rows).toEqual([{ kid: 'first' }]);
    } finally {
      first.release();
      await own.end();
      await world.remove();
    }
  });
});
