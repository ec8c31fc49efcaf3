import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AssertionLedger, Registration, Registrations } from '../ports.js';

/** Who may call, and which assertions were used, under test. */
export interface CallersPlace {
  readonly registrations: Registrations;
  readonly ledger: AssertionLedger;
  /** One agent that is not suspended, one that is, and one client. */
  readonly registered: {
    readonly agent: Registration;
    readonly suspended: Registration;
    readonly client: Registration;
  };
  close(): Promise<void>;
}

/** What every register of callers and every ledger of assertions must do. `open` is called once. */
export function describeCallers(name: string, open: () => Promise<CallersPlace>): void {
  let place: CallersPlace;
  const begin = async (): Promise<void> => void (place = await open());
  const soon = (): number => Math.floor(Date.now() / 1_000) + 30;

  describe(`registrations ${name}`, () => {
    beforeAll(begin, 60_000);
    afterAll(() => place?.close());

    it('are found by their id, agents and clients in one namespace', async () => {
      const { agent, suspended, client } = place.registered;
      for (const one of [agent, suspended, client]) expect(await place.registrations.findClient(one.id)).toEqual(one);
      expect([agent.kind, suspended.kind, client.kind]).toEqual(['agent', 'agent', 'client']);
      expect([agent.suspended, suspended.suspended]).toEqual([false, true]);
    });

    it('are found byte for byte or not at all', async () => {
      const { id } = place.registered.agent;
      for (const other of [id.toUpperCase(), `${id} `, `${id}\u0301`, '', 'nobody', '__proto__'])
        expect([other, await place.registrations.findClient(other)]).toEqual([other, null]);
    });
  });

  describe(`the ledger of assertions ${name}`, () => {
    beforeAll(begin, 60_000);
    afterAll(() => place?.close());

    it('knows a first use from every later one, whatever the assertion says of its end', async () => {
      expect(await place.ledger.use('support-bot', 'once', soon())).toBe(true);
      expect(await place.ledger.use('support-bot', 'once', soon())).toBe(false);
      expect(await place.ledger.use('support-bot', 'once', soon() + 20)).toBe(false);
    });

    it('lets one of many uses at once be the first', async () => {
      const uses = await Promise.all(Array.from({ length: 8 }, () => place.ledger.use('support-bot', 'crowd', soon())));
      expect(uses.filter(Boolean)).toEqual([true]);
    });

    it('takes the same id from two callers for two assertions', async () => {
      expect(await place.ledger.use('support-bot', 'shared', soon())).toBe(true);
      expect(await place.ledger.use('rival-bot', 'shared', soon())).toBe(true);
      // Nor can one pair be written so that it is another.
      expect(await place.ledger.use('a b', 'c', soon())).toBe(true);
      expect(await place.ledger.use('a', 'b c', soon())).toBe(true);
    });

    it('keeps a note of an assertion that is over by a clock that is ahead', async () => {
      expect(await place.ledger.use('support-bot', 'late', soon() - 60)).toBe(true);
      expect(await place.ledger.use('support-bot', 'late', soon() - 60)).toBe(false);
    });
  });
}
