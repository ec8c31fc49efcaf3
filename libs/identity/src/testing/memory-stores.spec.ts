import type { Registration } from '../ports.js';
import { describeCallers } from './callers.suite.js';
import { MemoryLedger, MemoryRegistrations } from './memory-callers.js';
import { MemorySessionStore } from './memory-session-store.js';
import { describeSessionStore } from './session-store.suite.js';

describeSessionStore('in memory', async () => {
  const store = new MemorySessionStore();
  let people = 0;
  return {
    store,
    person: async () => `person-${(people += 1)}`,
    leaves: async (person) => void store.gone.add(person),
    pass: async (seconds) => void (store.nowMs += seconds * 1_000),
    close: async () => undefined,
  };
});

describeCallers('in memory', async () => {
  const auth = { kind: 'jwks', keys: [] } as const;
  const agent: Registration = { kind: 'agent', id: 'support-bot', auth, suspended: false };
  const suspended: Registration = { kind: 'agent', id: 'rival-bot', auth, suspended: true };
  const client: Registration = { kind: 'client', id: 'payments-api', auth, suspended: false };
  return {
    registrations: new MemoryRegistrations([agent, suspended, client]),
    ledger: new MemoryLedger(),
    registered: { agent, suspended, client },
    close: async () => undefined,
  };
});
