import type { EventRow } from '#escalations/watch/history.js';
import { DeliveriesInMemory } from './deliveries-in-memory.js';
import { describeSlackDeliveries } from './slack-deliveries.suite.js';
import { describeThreadStore } from './thread-store.suite.js';
import { ThreadsInMemory } from './threads-in-memory.js';

describeThreadStore('in memory', async () => {
  const threads = new ThreadsInMemory();
  let cards = 0;
  return {
    threads,
    card: async (escalationId) => {
      cards += 1;
      return { cardId: `card-${cards}`, escalationId: escalationId ?? `esc_${cards}` };
    },
    happens: async (escalation, type) => {
      const seq = String(threads.history.length + 1);
      const actor = { kind: 'person', id: 'bob' } as const;
      const event: EventRow = {
        seq,
        id: `evt_${seq}`,
        at: 0,
        type,
        actor,
        escalation,
        grant: null,
        agent: 'a',
        data: {},
      };
      threads.history.push(event);
      return event.id;
    },
    pass: async (seconds) => threads.pass(seconds),
    close: async () => undefined,
  };
});

describeSlackDeliveries('in memory', async () => ({
  deliveries: new DeliveriesInMemory(),
  close: async () => undefined,
}));
