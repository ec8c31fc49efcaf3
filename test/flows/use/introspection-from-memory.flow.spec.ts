import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { readsOver } from '#persistence/transaction/postgres-reads.js';
import { hashSecret } from '#identity/agents/client-secret.js';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { answer, Caller, readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { brokerEnvironment, startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { throwSwitch } from '../../harness/brokers/kill.js';
import { until } from '../../harness/judges/until.js';
import { applyConfig } from '../../harness/world/apply.js';
import { sealedOf } from '../../harness/world/sealed.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import type { Config } from '../../harness/world/world.js';

const SECRET = 'a secret of twenty four';

/** Tokens are asked about here; what ends them happens at another process or by the command line. */
let stage: Stage;
let other: Broker;
let hash: string;

const configure = (config: Config): void => {
  config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
  config.clients.push({ id: 'gate', auth: { secret_hash: hash }, roles: ['verifier'] });
  verifiersOf(config).push('gate');
};
const verifiersOf = (config: Config): string[] => config.resources[0]?.['verifiers'] as string[];

beforeAll(async () => {
  hash = await hashSecret(SECRET);
  stage = await setStage(configure, { roles: 'api' });
  other = await startTestBroker(stage.world, {
    roles: 'api',
    slack: stage.broker.slack,
    extra: { WRIT_ISSUER: stage.broker.issuer },
  });
});
afterAll(async () => {
  await other.close();
  await stage.close();
});

const there = (id: string): Caller => new Caller(stage.world, stage.broker.issuer, id, other.base);
/** As a gateway asks, with a secret; it is remembered too. */
const asked = async (token: string, secret = SECRET): Promise<Answer> =>
  answer(
    await fetch(`${stage.broker.base}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`gate:${encodeURIComponent(secret)}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    }),
  );
const active = async (token: string): Promise<boolean> => (await asked(token)).body.active as boolean;
const kidOf = (jwt: string): string => String(decodeProtectedHeader(jwt).kid);
const command = async (...argv: string[]): Promise<void> => {
  const done = await writ(argv, brokerEnvironment(stage.world, stage.broker.slack, 0));
  if (done.exit !== 0) throw new Error(done.remarks + done.out);
};

interface Held {
  readonly token: string;
  readonly grant: string;
}

/** A token that was asked about twice: the second answer is from memory, as the first test shows. */
async function warm(ask: Record<string, unknown> = readAsk(), voters: readonly string[] = []): Promise<Held> {
  const given = await stage.caller('support-bot').ask(ask);
  const { id, digest, continuation } = created(given, voters.length === 0 ? 201 : 202);
  for (const voter of voters) await (await stage.person(voter)).decide({ id, digest }, 'approve');
  const { body } = await stage.caller('support-bot').redeem(continuation.deferral_code);
  const token = body.access_token as string;
  expect([await active(token), await active(token)]).toEqual([true, true]);
  return { token, grant: (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.grant.id as string };
}

const exportAsk = (): Record<string, unknown> => ({
  ...refundAsk('12'),
  authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
});

/** Ends a grant as nobody may: past the triggers, so that no feed tells of it. */
const tamper = ({ grant }: Held): Promise<void> =>
  asSuperuser(
    stage.world,
    `update "grants" set "status" = 'revoked', "ended_at" = clock_timestamp(), "end_reason" = 'revoked_by_person' where "id" = $1`,
    [grant],
  );

describe('a token that was good a moment ago', () => {
  it('is answered from memory, and read again within seconds: what no feed tells of is found then', async () => {
    // On a machine that is slow enough it was read again already: then another one is tried.
    const held = await until('an answer comes from memory', async () => {
      const tried = await warm();
      await tamper(tried);
      return (await active(tried.token)) && tried;
    });
    await until('it is read again', async () => !(await active(held.token)));
  });

  it('is told of to its verifiers and its agent alone, from memory too', async () => {
    const held = await warm();
    const ask = async (id: string) => (await stage.caller(id).introspect(held.token)).body.active as boolean;
    expect(
      await Promise.all(['support-bot', 'payments-api', 'rival-bot', 'other-api', 'auditor-tool'].map(ask)),
    ).toEqual([true, true, false, false, false]);
  });

  it('is told in the same words as one that is read', async () => {
    const { continuation } = created(await stage.caller('support-bot').ask(readAsk()), 201);
    const token = (await stage.caller('support-bot').redeem(continuation.deferral_code)).body.access_token as string;
    const [first, second] = [await asked(token), await asked(token)];
    expect(first.body.active).toBe(true);
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    const names = (given: Answer): string[] => [...given.headers.keys()].sort();
    expect(names(second)).toEqual(names(first));
  });

  it('is not answered to a wrong secret, however often the right one was', async () => {
    const { token } = await warm();
    expect((await asked(token, 'another secret')).status).toBe(401);
  });

  it('is read in one statement with its grant, the clock and the name of the configuration', async () => {
    const { token, grant } = await warm();
    const statements: string[] = [];
    const { pool } = stage.world.database;
    const counting = {
      query: (asked: { name: string }) => (statements.push(asked.name), pool.query(asked as never)),
    };
    const { tokens } = readsOver(counting as never, sealedOf(stage.world));
    const found = await tokens.withGrant(String(decodeJwt(token).jti));
    expect(statements).toEqual(['token-with-grant']);
    expect(found).toMatchObject({ token: { grantId: grant }, grant: { id: grant, status: 'active' } });
    expect(found?.configuration).toMatch(/^\d+\/./);
  });

  it('counts its uses from the database where they are counted', async () => {
    const held = await warm(refundAsk('8812', { max_uses: 5 }), ['bob']);
    const left = async () => (await asked(held.token)).body.uses_remaining as number;
    expect(await left()).toBe(5);
    const call = {
      token: held.token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
    };
    await there('payments-api').post('/v1/tokens/consume', { ...call, call_id: 'c1' });
    expect(await left()).toBe(4);
  });
});

describe('a token that is remembered is inactive at the first question after', () => {
  const ends: readonly (readonly [string, (held: Held) => Promise<unknown>])[] = [
    ['its grant was revoked', ({ grant }) => there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' })],
    [
      'its agent completed it',
      ({ grant }) => there('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' }),
    ],
    ['its agent revoked it', ({ token }) => there('support-bot').form('/oauth/revoke', { token })],
    ['another took its place', ({ token }) => there('support-bot').renew(token)],
    [
      'its task was ended',
      () => there('ops-cli').post('/v1/kill', { kind: 'task', id: 'support-bot/run-1', reason: 'Drill.' }),
    ],
    [
      'its agent was suspended',
      async () => {
        await there('ops-cli').post('/v1/agents/support-bot/suspend', { reason: 'Drill.' });
        await there('ops-cli').post('/v1/agents/support-bot/resume', { reason: 'Drill.' });
      },
    ],
    [
      'its token ended by SQL',
      ({ grant }) =>
        stage.world.database.pool.query(`update "tokens" set "ended_at" = clock_timestamp() where "grant_id" = $1`, [
          grant,
        ]),
    ],
    [
      'its key was declared compromised',
      ({ token }) => command('keys', 'compromise', kidOf(token), '--reason', 'Drill.'),
    ],
    [
      'a restore was declared, and another was reviewed',
      async ({ token }) => {
        await command('restore', 'declare');
        expect(await active(token)).toBe(false);
        await command('restore', 'review', '--end', '--note', 'Drill.');
      },
    ],
  ];
  it('whoever approved it was stopped', async () => {
    const held = await warm(exportAsk(), ['bob', 'carol', 'dave']);
    await throwSwitch(stage.world, 'approver', 'dave');
    expect(await active(held.token)).toBe(false);
  });

  it.each(ends)('%s', async (_what, end) => {
    const held = await warm();
    await end(held);
    expect(await active(held.token)).toBe(false);
  });

  it('its verifier left the configuration, who is not known any more at the first question after that', async () => {
    const held = await warm();
    await applyConfig(stage.world, (config) => {
      configure(config);
      verifiersOf(config).pop();
    });
    expect(await active(held.token)).toBe(false);
    await applyConfig(stage.world, configure);
    expect(await active(held.token)).toBe(true);
    await applyConfig(stage.world, (config) => {
      configure(config);
      config.clients.pop();
      verifiersOf(config).pop();
    });
    expect((await asked(held.token)).status).toBe(401);
    await applyConfig(stage.world, configure);
    expect(await active(held.token)).toBe(true);
  });
});

it('never says active to a question that was asked after the end was answered', async () => {
  for (let round = 0; round < 10; round += 1) {
    const held = await Promise.all([warm(), warm(), warm()]);
    let over = false;
    const noise = held.slice(1).map(async ({ token }) => {
      while (!over) await active(token);
    });
    await there('ops-cli').post(`/v1/grants/${held[0]?.grant}/revoke`, { reason: 'Drill.' });
    expect(await active(held[0]?.token ?? '')).toBe(false);
    over = true;
    await Promise.all(noise);
  }
});
