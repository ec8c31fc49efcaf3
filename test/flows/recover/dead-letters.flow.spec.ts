import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresOutbox } from '#persistence/deliver/postgres-outbox.js';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { brokerEnvironment } from '../../harness/brokers/broker.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { journalOf } from '../../harness/world/journal.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Letter {
  readonly id: string;
  readonly topic: string;
  readonly job: string;
  readonly subject: string;
  readonly error: string;
  readonly resolved_at: string | null;
}

const quick = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
  task: { id: 'quick' },
};

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const run = (...argv: string[]): Promise<Session> => writ(argv, brokerEnvironment(stage.world, stage.broker.slack, 0));
const letters = async (...more: string[]): Promise<Letter[]> =>
  (JSON.parse((await run('dead-letters', 'list', '--json', ...more)).out) as { items: Letter[] }).items;
const told = async (type: string): Promise<Record<string, unknown>[]> =>
  (await stage.caller('auditor-tool').get(`/v1/audit/events?type=${type}`)).body.items as Record<string, unknown>[];

describe('a job that fails for good', () => {
  let escalation: string;
  let letter: Letter;

  it('is a dead letter, an event of the audit log and a line at error', async () => {
    const { pool } = stage.world.database;
    await pool.query(
      `create function "no_end"() returns trigger language plpgsql as $$ begin raise exception 'no room for it'; end $$`,
    );
    await pool.query(
      `create trigger "no_end" before update on "escalations" for each row when (new."status" = 'lapsed') execute function "no_end"()`,
    );
    escalation = created(await stage.caller('support-bot').ask(quick), 202).id;
    letter = await until(
      'every try has failed',
      async () => (await letters()).find(({ subject }) => subject === escalation),
      25_000,
    );
    expect(letter).toMatchObject({ topic: 'deadline.escalation', error: 'no room for it', resolved_at: null });
    expect(await told('job.dead_lettered')).toMatchObject([
      {
        escalation,
        actor: { kind: 'system', id: 'writ' },
        data: { letter: letter.id, topic: 'deadline.escalation', job: letter.job },
      },
    ]);
    await until('it is said aloud', async () =>
      stage.broker.logged.some((line) => /"level":"error"/.test(line) && /is a dead letter: no room/.test(line)),
    );
    // The end needed no job to be true.
    const seen = await stage.caller('support-bot').get(`/v1/escalations/${escalation}`);
    expect(seen.body.status).toBe('lapsed');
  }, 40_000);

  it('is tried again when an operator says so, once, and that is told too', async () => {
    await stage.world.database.pool.query('drop trigger "no_end" on "escalations"');
    expect(await run('dead-letters', 'retry', letter.id)).toMatchObject({ exit: 0 });
    expect(await letters()).toEqual([]);
    expect(await letters('--all')).toMatchObject([{ id: letter.id, resolved_at: expect.any(String) }]);
    expect(await told('job.retried')).toMatchObject([
      { escalation, actor: { kind: 'system', id: 'cli:tester' }, data: { letter: letter.id } },
    ]);
    await until('the job has run', async () => {
      const { rows } = await stage.world.database.pool.query<{ waits: boolean }>(
        `select exists (select 1 from "outbox" where "dispatched_at" is null) as "waits"`,
      );
      return rows[0]?.waits === false;
    });
    expect(await run('dead-letters', 'retry', letter.id)).toMatchObject({ exit: 1 });
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
});

describe('dead letters', () => {
  it('are one letter and one event for a job, however many processes see it fail', async () => {
    const before = (await told('job.dead_lettered')).length;
    const outbox = new PostgresOutbox(stage.world.database.pool, journalOf(stage.world));
    const failed = { topic: 'card.publish', jobId: 'outbox-0', payload: { id: 'esc_none' }, error: 'gone' };
    await Promise.all([outbox.park(failed), outbox.park(failed), outbox.park(failed)]);
    expect(await letters()).toMatchObject([{ job: 'outbox-0' }]);
    expect((await told('job.dead_lettered')).length).toBe(before + 1);
  });

  it('of a job that this version does not know stay where they are', async () => {
    const outbox = new PostgresOutbox(stage.world.database.pool, journalOf(stage.world));
    await outbox.park({ topic: 'from.tomorrow', jobId: 'outbox-00', payload: { id: 'x' }, error: 'gone' });
    const session = await run('dead-letters', 'retry', 'all');
    expect(session).toMatchObject({ exit: 0, remarks: expect.stringContaining('knows no job from.tomorrow') });
    expect(session.out).toMatch(/card\.publish esc_none is tried again/);
    expect(await letters()).toMatchObject([{ topic: 'from.tomorrow' }]);
  });

  it('are listed as a table without control characters, and asked for by number', async () => {
    const outbox = new PostgresOutbox(stage.world.database.pool, journalOf(stage.world));
    await outbox.park({ topic: 'card.publish', jobId: 'outbox-000', payload: { id: 'y' }, error: 'red\u001b[31m' });
    const session = await run('dead-letters', 'list');
    expect(session.out).toMatch(/card\.publish +y +no +red/);
    expect(session.out).not.toContain('\u001b');
    expect(await run('dead-letters', 'retry', '1; drop')).toMatchObject({ exit: 2 });
  });
});
