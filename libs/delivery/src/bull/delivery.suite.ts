import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { QueueConnection } from './connection.js';
import { DeliveryModule } from './delivery.module.js';
import { JobQueues, OutboxStore, type JobOutcome, type NewJob } from '../ports.js';
import { jobIdOf, type JobPayload, type Topic } from '../queues.js';
import { MemoryOutbox } from '../testing/memory-outbox.js';
import { untilTrue } from '../testing/until-true.js';
import { Consumes, TypedConsumer, type Handlers } from './typed-consumer.js';

/** What the consumers below do with each id, and what they were asked. */
class Script {
  readonly seen: string[] = [];
  answer: (topic: Topic, id: string, times: number) => JobOutcome | Promise<JobOutcome> = () => 'done';

  play(topic: Topic, { id }: JobPayload): Promise<JobOutcome> {
    this.seen.push(id);
    return Promise.resolve().then(() => this.answer(topic, id, this.count(id)));
  }
  count(id: string): number {
    return this.seen.filter((other) => other === id).length;
  }
}
const script = new Script();

const box = new MemoryOutbox();

@Consumes('cards')
class Cards extends TypedConsumer<'cards'> {
  protected override readonly handlers: Handlers<'cards'> = {
    'card.publish': (payload) => script.play('card.publish', payload),
    'break_glass.notice': (payload) => script.play('break_glass.notice', payload),
  };
  constructor(letters: OutboxStore) {
    super(letters);
  }
}

@Consumes('deadlines')
class Deadlines extends TypedConsumer<'deadlines'> {
  protected override readonly handlers: Handlers<'deadlines'> = {
    'deadline.escalation': (payload) => script.play('deadline.escalation', payload),
    'deadline.grant': (payload) => script.play('deadline.grant', payload),
    'reminder.escalation': (payload) => script.play('reminder.escalation', payload),
    'policy.reevaluate': (payload) => script.play('policy.reevaluate', payload),
  };
  constructor(letters: OutboxStore) {
    super(letters);
  }
}

@Module({ providers: [Cards, Deadlines, { provide: OutboxStore, useValue: box }] })
class ConsumersModule {}

/**
 * What every place for jobs must do. `open` is called once, before the Nest application exists; `cut` ends every
 * connection to the server, from its side.
 */
export function describeDelivery(
  place: string,
  { open, cut }: { open: () => Promise<QueueConnection>; cut: () => Promise<void> },
): void {
  describe(`delivery on ${place}`, () => {
    let connection: QueueConnection;
    let app: INestApplicationContext;
    let queues: JobQueues;
    let seq = 0;

    beforeAll(async () => {
      box.letters.length = 0;
      connection = await open();
      app = await NestFactory.createApplicationContext(
        { module: ConsumersModule, imports: [DeliveryModule.register(connection)] },
        { logger: false, abortOnError: false },
      );
      queues = app.get(JobQueues);
    }, 60_000);

    afterAll(async () => {
      await app?.close();
      await connection?.close();
    });

    beforeEach(() => {
      script.seen.length = 0;
      script.answer = () => 'done';
    });

    function job(id: string, over: Partial<NewJob> = {}): NewJob {
      seq += 1;
      return { jobId: jobIdOf(String(seq)), topic: 'card.publish', payload: { id }, delayMs: 0, ...over };
    }

    it('runs each job of a batch once', async () => {
      const ids = Array.from({ length: 30 }, (_, n) => `esc_${n}`);
      await queues.add(
        'cards',
        ids.map((id) => job(id)),
      );
      await untilTrue(() => script.seen.length >= 30);
      expect([...script.seen].sort()).toEqual([...ids].sort());
    });

    it('adds nothing for an id that it knows, waiting or done', async () => {
      const doubled = job('esc_doubled');
      await queues.add('cards', [doubled]);
      await queues.add('cards', [doubled]);
      await untilTrue(() => script.count('esc_doubled') === 1);
      await queues.add('cards', [doubled]);
      await queues.add('cards', [job('esc_after')]);
      await untilTrue(() => script.count('esc_after') === 1);
      expect(script.count('esc_doubled')).toBe(1);
    });

    it('adds nothing for an id that is under way, put off or not due yet', async () => {
      let finish = (): void => undefined;
      const held = new Promise<void>((resolve) => (finish = resolve));
      script.answer = (_topic, id, times) =>
        id === 'esc_held' ? held.then(() => 'done') : times < 2 ? { retryAfterSeconds: 1 } : 'done';
      const jobs = [job('esc_held'), job('esc_put_off'), job('esc_not_due', { delayMs: 1_000 })];
      await queues.add('cards', jobs);
      await untilTrue(() => script.count('esc_held') === 1 && script.count('esc_put_off') === 1);
      await queues.add('cards', jobs);
      await untilTrue(() => script.count('esc_put_off') === 2 && script.count('esc_not_due') === 1);
      finish();
      await queues.add('cards', [job('esc_last')]);
      await untilTrue(() => script.count('esc_last') === 1);
      expect(script.count('esc_held')).toBe(1);
      expect(script.count('esc_put_off')).toBe(2);
    });

    it('holds a job until it is due', async () => {
      const added = performance.now();
      await queues.add('deadlines', [
        job('esc_later', { topic: 'deadline.escalation', delayMs: 400 }),
        job('gra_now', { topic: 'deadline.grant' }),
      ]);
      await untilTrue(() => script.count('esc_later') === 1);
      expect(performance.now() - added).toBeGreaterThanOrEqual(390);
      expect(script.seen).toEqual(['gra_now', 'esc_later']);
    });

    it('tries a failing job again', async () => {
      script.answer = (_topic, _id, times) => {
        if (times < 3) throw new Error('not yet');
        return 'done';
      };
      const flaky = job('esc_flaky', { topic: 'deadline.escalation' });
      await queues.add('deadlines', [flaky]);
      await untilTrue(() => script.count('esc_flaky') === 3);
      expect(box.lettersOf(flaky)).toEqual([]);
    });

    it('keeps a dead letter of a job that failed for the last time', async () => {
      script.answer = () => {
        throw new Error('never\nso');
      };
      const doomed = job('gra_doomed', { topic: 'deadline.grant' });
      await queues.add('deadlines', [doomed]);
      await untilTrue(() => box.lettersOf(doomed).length > 0, 25_000);
      expect(box.lettersOf(doomed)).toEqual([
        { topic: 'deadline.grant', jobId: doomed.jobId, payload: { id: 'gra_doomed' }, error: 'never so' },
      ]);
      expect(script.count('gra_doomed')).toBe(5);
    }, 30_000);

    it('puts a job off without counting that as failure', async () => {
      script.answer = (_topic, _id, times) => (times < 3 ? { retryAfterSeconds: 0.05 } : 'done');
      const busy = job('esc_busy');
      await queues.add('cards', [busy]);
      await untilTrue(() => script.count('esc_busy') === 3);
      expect(box.lettersOf(busy)).toEqual([]);
    });

    it('goes on by itself after every connection was cut', async () => {
      await queues.add('cards', [job('esc_before')]);
      await untilTrue(() => script.count('esc_before') === 1);
      await cut();
      const late = job('esc_after_cut');
      await untilTrue(() =>
        queues.add('cards', [late]).then(
          () => true,
          () => false,
        ),
      );
      await untilTrue(() => script.count('esc_after_cut') === 1, 20_000);
    }, 40_000);
  });
}
