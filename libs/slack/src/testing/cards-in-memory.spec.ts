import { jobsAfter } from '#escalations/tell/what-follows.js';
import { CardsInMemory, TurnsInMemory } from './cards-in-memory.js';
import { describeCardStores, type CardPlace } from './card-stores.suite.js';
import { describeCardTurns } from './card-turns.suite.js';

async function open(): Promise<CardPlace> {
  const versions = new Map<string, number>();
  const caused = new Map<string, { events: string[]; jobs: string[] }>();
  const causedBy = (id: string): { events: string[]; jobs: string[] } => {
    const known = caused.get(id) ?? { events: [], jobs: [] };
    caused.set(id, known);
    return known;
  };
  const cards = new CardsInMemory({
    versionOf: (id) => versions.get(id) ?? 0,
    tell: async (entry) => {
      const { events, jobs: topics } = causedBy(entry.escalation ?? '');
      events.push(entry.type);
      topics.push(...jobsAfter([entry]).map((job) => job.topic));
    },
  });
  return {
    cards,
    turns: new TurnsInMemory(cards),
    asked: async () => {
      const id = `esc_${versions.size + 1}`;
      versions.set(id, 1);
      return id;
    },
    movesOn: async (id) => void versions.set(id, (versions.get(id) ?? 0) + 1),
    pass: async (seconds) => cards.pass(seconds),
    caused: async (id) => causedBy(id),
    close: async () => undefined,
  };
}

describeCardStores('in memory', open);
describeCardTurns('in memory', open);
