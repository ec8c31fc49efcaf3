import { afterEach, describe, expect, it } from '@jest/globals';
import { OutageLog } from '../bull/outage-log.js';
import { JobQueues, WakeSignal, type NewJob } from '../ports.js';
import { OutboxRelay, RELAY_TIMING } from './relay.js';
import type { QueueName } from '../queues.js';
import { MemoryOutbox } from '../testing/memory-outbox.js';
import { untilTrue } from '../testing/until-true.js';

/** Remembers job ids as BullMQ does; `failing` holds what a queue answers instead. */
class MemoryQueues extends JobQueues {
  readonly jobs = new Map<string, NewJob & { queue: QueueName }>();
  readonly batches: number[] = [];
  readonly failing = new Map<QueueName, () => Promise<never>>();

  override async add(queue: QueueName, jobs: readonly NewJob[]): Promise<void> {
    await this.failing.get(queue)?.();
    this.batches.push(jobs.length);
    for (const job of jobs) if (!this.jobs.has(job.jobId)) this.jobs.set(job.jobId, { ...job, queue });
  }
}

class MemorySignal extends WakeSignal {
  readonly waits: number[] = [];
  private woken: (() => void)[] = [];
  override wake(): void {
    this.woken.splice(0).forEach((resume) => resume());
  }
  /** Passes the time at once, except where the test holds it. */
  override wait(ms: number): Promise<void> {
    this.waits.push(ms);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1);
      this.woken.push(() => (clearTimeout(timer), resolve()));
    });
  }
}

const refused = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));

describe('the outbox relay', () => {
  const store = (): MemoryOutbox => new MemoryOutbox();
  const lines: string[] = [];
  const relays: OutboxRelay[] = [];

  function relayOf(outbox: MemoryOutbox, queues: MemoryQueues, signal = new MemorySignal()): OutboxRelay {
    const sink = { log: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
    const timing = { ...RELAY_TIMING, handOverMs: 50, retryMs: 1, retryMaxMs: 2, idleAfter: 3 };
    const relay = new OutboxRelay(outbox, queues, signal, new OutageLog('The outbox relay', sink), timing);
    relays.push(relay);
    return relay;
  }

  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    lines.length = 0;
  });

  it('hands each row to the queue of its topic under the id of the row, due when the row is', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    outbox.put('deadline.escalation', 'esc_1', 60_000);
    outbox.put('deadline.grant', 'gra_1', 90_000);
    expect(await relayOf(outbox, queues).relayBatch()).toBe(3);
    expect(
      [...queues.jobs.values()].map(({ queue, jobId, payload, delayMs }) => [queue, jobId, payload.id, delayMs]),
    ).toEqual([
      ['cards', 'outbox-1', 'esc_1', 0],
      ['deadlines', 'outbox-2', 'esc_1', 60_000],
      ['deadlines', 'outbox-3', 'gra_1', 90_000],
    ]);
    expect(outbox.waiting).toBe(0);
  });

  it('hands over first what is to be done now, whatever was written first', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('deadline.escalation', 'esc_1', 60_000);
    outbox.put('card.publish', 'esc_1');
    await relayOf(outbox, queues).relayBatch();
    expect([...queues.jobs.values()].map(({ queue }) => queue)).toEqual(['cards', 'deadlines']);
    expect(outbox.waiting).toBe(0);
  });

  it('announces each changed escalation once a batch, and no grant', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    outbox.put('card.publish', 'esc_1');
    outbox.put('deadline.grant', 'gra_1', 90_000);
    await relayOf(outbox, queues).relayBatch();
    expect(outbox.announced).toEqual([['esc_1']]);
  });

  it('announces the escalation of a grant', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('deadline.grant', 'gra_1', 90_000);
    const claim = outbox.claim.bind(outbox);
    outbox.claim = async (...of) => (await claim(...of)).map((row) => ({ ...row, ofGrant: 'esc_1' }));
    await relayOf(outbox, queues).relayBatch();
    expect(outbox.announced).toEqual([['esc_1']]);
    expect([...queues.jobs.values()]).toMatchObject([{ payload: { id: 'gra_1' } }]);
  });

  it('announces a row whose job would find nothing to do, and hands no job over', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1', 0, true);
    outbox.put('card.publish', 'esc_2');
    expect(await relayOf(outbox, queues).relayBatch()).toBe(2);
    expect([...queues.jobs.values()].map(({ payload }) => payload.id)).toEqual(['esc_2']);
    expect(outbox.announced).toEqual([['esc_1', 'esc_2']]);
    expect(outbox.waiting).toBe(0);
  });

  it('takes a hundred rows at a time, and all of them in the end', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    for (let n = 0; n < 250; n += 1) outbox.put('card.publish', `esc_${n}`);
    relayOf(outbox, queues).start();
    await untilTrue(() => outbox.waiting === 0);
    expect(queues.batches).toEqual([100, 100, 50]);
    expect(queues.jobs.size).toBe(250);
  });

  it('loses nothing when a relay dies between claim and add', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    await outbox.claim(['card.publish'], 100, RELAY_TIMING.leaseSeconds);
    const heir = relayOf(outbox, queues);
    expect(await heir.relayBatch()).toBe(0);
    outbox.pass(RELAY_TIMING.leaseSeconds + 1);
    expect(await heir.relayBatch()).toBe(1);
    expect(queues.jobs.size).toBe(1);
  });

  it('adds a job once when a relay dies between add and mark', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    outbox.dispatched = () => Promise.reject(new Error('killed'));
    await expect(relayOf(outbox, queues).relayBatch()).rejects.toThrow('killed');
    outbox.dispatched = MemoryOutbox.prototype.dispatched;
    outbox.pass(RELAY_TIMING.leaseSeconds + 1);
    expect(await relayOf(outbox, queues).relayBatch()).toBe(1);
    expect(queues.batches).toEqual([1, 1]);
    expect(queues.jobs.size).toBe(1);
    expect(outbox.waiting).toBe(0);
  });

  it('hands over again what is not done yet, and the queue that still has it adds nothing', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('notice.send', 'esc_1');
    outbox.put('notice.send', 'esc_2');
    const relay = relayOf(outbox, queues);
    await relay.relayBatch();
    queues.jobs.delete('outbox-1');
    outbox.pass(RELAY_TIMING.undoneSeconds + 1);
    // A relay that has just looked does not look again at once.
    expect(await relay.relayBatch()).toBe(0);
    expect(await relayOf(outbox, queues).relayBatch()).toBe(2);
    expect([...queues.jobs.keys()]).toEqual(['outbox-2', 'outbox-1']);
    expect(outbox.waiting).toBe(0);
  });

  it('leaves to the sweepers what they find', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('deadline.grant', 'gra_1');
    await outbox.dispatched(['1']);
    outbox.pass(RELAY_TIMING.undoneSeconds + 1);
    expect(await relayOf(outbox, queues).relayBatch()).toBe(0);
  });

  it('marks what one queue took when the other is down, and gives back the rest at once', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    outbox.put('deadline.grant', 'gra_1');
    queues.failing.set('cards', refused);
    await expect(relayOf(outbox, queues).relayBatch()).rejects.toThrow('ECONNREFUSED');
    expect(outbox.rows.map(({ claimed, dispatched }) => ({ claimed, dispatched }))).toEqual([
      { claimed: false, dispatched: false },
      { claimed: true, dispatched: true },
    ]);
  });

  it('still announces changes while the queue is down', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    queues.failing.set('cards', refused);
    await expect(relayOf(outbox, queues).relayBatch()).rejects.toThrow();
    expect(outbox.announced).toEqual([['esc_1']]);
  });

  it('does not wait for ever for a queue that holds the call', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    queues.failing.set('cards', () => new Promise<never>(() => undefined));
    await expect(relayOf(outbox, queues).relayBatch()).rejects.toThrow('the queue did not answer within 50 ms');
    expect(outbox.rows[0]).toMatchObject({ claimed: false, dispatched: false });
  });

  it('waits out an outage of the queue and says so once at each end', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    queues.failing.set('cards', refused);
    relayOf(outbox, queues).start();
    await untilTrue(() => outbox.announced.length > 5);
    queues.failing.clear();
    await untilTrue(() => outbox.waiting === 0 && lines.length === 2);
    expect(lines).toEqual(['The outbox relay is failing: connect ECONNREFUSED', 'The outbox relay works again']);
  });

  it('waits out an outage of the database', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    outbox.down = new Error('Connection terminated');
    relayOf(outbox, queues).start();
    await untilTrue(() => outbox.claims > 5);
    outbox.down = undefined;
    await untilTrue(() => queues.jobs.size === 1 && outbox.waiting === 0);
  });

  it('polls less often when nothing has come for long', async () => {
    const [outbox, queues, signal] = [store(), new MemoryQueues(), new MemorySignal()];
    relayOf(outbox, queues, signal).start();
    await untilTrue(() => signal.waits.length > 4);
    expect(signal.waits.slice(0, 5)).toEqual([250, 250, 250, 1_000, 1_000]);
  });

  it('finishes the batch under way before it stops, and takes no other', async () => {
    const [outbox, queues] = [store(), new MemoryQueues()];
    outbox.put('card.publish', 'esc_1');
    let resume = (): void => undefined;
    const held = new Promise<void>((resolve) => (resume = resolve));
    const add = queues.add.bind(queues);
    queues.add = async (queue, jobs) => {
      await held;
      await add(queue, jobs);
    };
    const relay = relayOf(outbox, queues);
    relay.start();
    await untilTrue(() => outbox.claims === 1);
    const stopped = relay.stop();
    outbox.put('card.publish', 'esc_2');
    resume();
    await stopped;
    expect(outbox.rows.map((row) => row.dispatched)).toEqual([true, false]);
  });
});
