/**
 * The broker's program with points at which it can be told to end or freeze itself. The points are wrapped around the
 * product's own methods here, in the tests, before its program is loaded: the product holds none of them.
 */
import 'reflect-metadata';
import { TypedConsumer } from '#delivery/bull/typed-consumer.js';
import { Batches } from '#persistence/batch/batches.js';
import { PostgresOutbox } from '#persistence/deliver/postgres-outbox.js';
import { PostgresEventJournal } from '#persistence/transaction/postgres-event-journal.js';
import { PostgresStore } from '#persistence/transaction/postgres-store.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { RingTokenMint } from '#tokens/ring-token-mint.js';

/** Where a process can be stopped. Every name is a moment in the order in which they pass. */
export type Failpoint =
  | 'before-mint'
  | 'inside-transaction'
  | 'between-write-and-commit'
  | 'after-commit'
  | 'before-hand-over-is-marked'
  | 'before-slack-call'
  | 'between-post-and-record'
  | 'after-job-ack';

type Method = (this: unknown, ...given: never[]) => unknown;
type Order = { readonly failpoint: string; readonly how: 'kill' | 'stop' };

let armed: Order | undefined;

process.on('message', (order: Order) => {
  armed = order;
  process.send?.('armed');
});

/** Tells the parent and ends or freezes this process, the first time it is armed for this point. */
async function reach(failpoint: Failpoint): Promise<void> {
  if (armed?.failpoint !== failpoint) return;
  const { how } = armed;
  armed = undefined;
  await new Promise((resolve) => process.send?.('reached', resolve));
  process.kill(process.pid, how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

interface Stops {
  readonly before?: Failpoint;
  readonly after?: Failpoint;
  /** Which calls these are, by what they are given; absent: all. */
  readonly when?: (given: unknown) => boolean;
}

/** Comes to `before` ahead of each such call of the method and to `after` once it has succeeded. */
function around(
  owner: abstract new (...given: never[]) => object,
  method: string,
  { before, after, when = () => true }: Stops,
): void {
  const methods = owner.prototype as Record<string, Method>;
  const original = methods[method];
  if (original === undefined) throw new Error(`there is no ${method} to stop at`);
  const wrapped: Method = async function (this: unknown, ...given: never[]) {
    if (before !== undefined && when(given[0])) await reach(before);
    const result = await original.apply(this, given);
    if (after !== undefined && when(given[0])) await reach(after);
    return result;
  };
  // Nest finds event handlers by what decorators left on the function.
  for (const key of Reflect.getMetadataKeys(original) as string[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), wrapped);
  methods[method] = wrapped;
}

around(RingTokenMint, 'mint', { before: 'before-mint' });
// The last statement of every transaction that changes something is its audit entry or its outbox rows.
around(PostgresEventJournal, 'enqueue', { after: 'inside-transaction' });
around(Batches, 'once', { after: 'between-write-and-commit' });
for (const run of ['run', 'runBatched']) around(PostgresStore, run, { after: 'after-commit' });
around(PostgresOutbox, 'dispatched', { before: 'before-hand-over-is-marked' });
around(SlackGateway, 'post', { before: 'before-slack-call', after: 'between-post-and-record' });
around(TypedConsumer, 'onCompleted', {
  after: 'after-job-ack',
  when: (job) => (job as { name?: unknown }).name === 'card.publish',
});

await import('../../apps/broker/src/main.js');
