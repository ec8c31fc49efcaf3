import { describe, expect, it } from '@jest/globals';
import type { CompromiseKey } from '../keys/compromise-key.js';
import { KILL_KINDS, type Reach } from './stop-orders.js';
import type { Needs } from '../needs.js';
import { KillSwitch } from './kill-switch.js';
import { Store, type Transaction } from '../ports.js';
import type { SuspendAgent } from './suspend-agent.js';
import { readsOf, transactionOf } from '../testing/fake-store.js';

const ACTOR = { kind: 'client', id: 'ops-cli' } as const;
const ID = 'support-bot/run-1';
const SOMEBODY = { person: 'bob', uid: 'per_1', since: 0, roles: [], groups: [] };

/** Switches over a store that can do everything but count, and what was committed of them. */
class CountlessStore extends Store {
  readonly committed: string[] = [];
  readonly events: unknown[] = [];
  override readonly read = readsOf({});

  constructor(private readonly reach: () => Promise<Reach>) {
    super();
  }

  override runBatched<T>(_needs: Needs, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.run(work);
  }

  /** What fails in a transaction undoes all of it. */
  override async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const thrown: string[] = [];
    const note = (kind: string) => async () => {
      thrown.push(kind);
      return 1_000;
    };
    const result = await work(
      transactionOf({
        stopOrders: {
          reach: this.reach,
          stopTask: note('task'),
          stopApprover: note('approver'),
          pendingWithEndedApproval: async () => [],
        },
        people: { byId: async () => SOMEBODY },
        journal: {
          enqueue: async () => undefined,
          record: async (entries) => void this.events.push(...entries.map(({ data }) => data)),
        },
      }),
    );
    this.committed.push(...thrown);
    return result;
  }

  switches(): KillSwitch {
    const suspend = async () => ({ suspended: this.committed.push('agent') > 0 });
    const compromise = async () => ({ compromised: this.committed.push('key') > 0 });
    return new KillSwitch(
      this,
      { suspend } as unknown as SuspendAgent,
      { execute: compromise } as unknown as CompromiseKey,
    );
  }
}

describe('a kill switch', () => {
  it.each(KILL_KINDS)(
    'of the kind %s is thrown where the count fails, and says that it was not counted',
    async (kind) => {
      const store = new CountlessStore(() => Promise.reject(new Error('canceling statement due to statement timeout')));
      expect(await store.switches().execute({ kind, id: ID, reason: 'Drill.' }, ACTOR)).toEqual({ ended: null });
      expect(store.committed).toEqual([kind]);
    },
  );

  it.each(KILL_KINDS)('of the kind %s is thrown where the count never ends', async (kind) => {
    const store = new CountlessStore(() => new Promise(() => undefined));
    expect(await store.switches().execute({ kind, id: ID, reason: 'Drill.' }, ACTOR)).toEqual({ ended: null });
    expect(store.committed).toEqual([kind]);
  });

  it('is in the history with a count of null where it was not counted', async () => {
    const store = new CountlessStore(() => Promise.reject(new Error('no')));
    await store.switches().execute({ kind: 'task', id: ID, reason: 'Drill.' }, ACTOR);
    expect(store.events).toEqual([expect.objectContaining({ kind: 'task', id: ID, ended: null })]);
  });
});
