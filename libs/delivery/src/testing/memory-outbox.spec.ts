import { MemoryOutbox } from './memory-outbox.js';
import { describeOutboxStore } from './outbox-store.suite.js';

describeOutboxStore('in memory', async () => {
  let outbox = new MemoryOutbox();
  return {
    get store() {
      return outbox;
    },
    put: async (topic, id, dueInSeconds = 0) => outbox.put(topic, id, dueInSeconds * 1_000),
    pass: async (seconds) => outbox.pass(seconds),
    letters: async () => outbox.letters,
    resolveLetters: async () => outbox.resolveLetters(),
    clear: async () => void (outbox = new MemoryOutbox()),
    close: async () => undefined,
  };
});
