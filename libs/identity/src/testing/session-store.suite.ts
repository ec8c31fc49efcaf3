import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Session, SessionStore } from '../ports.js';

/** Login codes and sessions under test, and what happens around them. */
export interface SessionPlace {
  readonly store: SessionStore;
  /** Someone whom the configuration names, and whom nobody else in these tests is. */
  person(): Promise<string>;
  /** The configuration names this person no more. */
  leaves(person: string): Promise<void>;
  /** So much time passes for every code and session. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const BY_CODE = { signedInBy: 'code', fresh: false } as const;

/** What every store of login codes and sessions must do. `open` is called once. */
export function describeSessionStore(name: string, open: () => Promise<SessionPlace>): void {
  let place: SessionPlace;
  let store: SessionStore;
  let person: string;
  let serial = 0;
  const hash = (): string =>
    createHash('sha256')
      .update(String((serial += 1)))
      .digest('hex');
  const begin = async (): Promise<void> => {
    place = await open();
    store = place.store;
  };

  describe(`login codes ${name}`, () => {
    beforeAll(begin, 60_000);
    afterAll(() => place?.close());
    beforeEach(async () => void (person = await place.person()));

    it('are redeemed once, for their person and the session that they were made for', async () => {
      const [code, enrolment] = [hash(), hash()];
      await store.createLoginCode(code, person, 'code', 60);
      await store.createLoginCode(enrolment, person, 'enrolment', 60);
      expect(await store.redeemLoginCode(code)).toMatchObject({ person, signedInBy: 'code' });
      expect(await store.redeemLoginCode(code)).toBeNull();
      expect(await store.redeemLoginCode(enrolment)).toMatchObject({ person, signedInBy: 'enrolment' });
      expect(await store.redeemLoginCode(hash())).toBeNull();
    });

    it('are redeemed by one of many at once', async () => {
      const code = hash();
      await store.createLoginCode(code, person, 'code', 60);
      const redeemed = await Promise.all(Array.from({ length: 6 }, () => store.redeemLoginCode(code)));
      expect(redeemed.filter((answer) => answer !== null)).toHaveLength(1);
    });

    it('are good until their time is over', async () => {
      const [early, late] = [hash(), hash()];
      await store.createLoginCode(early, person, 'code', 60);
      await store.createLoginCode(late, person, 'code', 60);
      await place.pass(50);
      expect(await store.redeemLoginCode(early)).not.toBeNull();
      await place.pass(15);
      expect(await store.redeemLoginCode(late)).toBeNull();
    });

    it('open nothing for someone who is there no more', async () => {
      const code = hash();
      await store.createLoginCode(code, person, 'code', 60);
      await place.leaves(person);
      expect(await store.redeemLoginCode(code)).toBeNull();
    });
  });

  describe(`sessions ${name}`, () => {
    beforeAll(begin, 60_000);
    afterAll(() => place?.close());
    beforeEach(async () => void (person = await place.person()));

    async function opened(tokenHash: string, lifeSeconds = 60, how: Pick<Session, 'signedInBy' | 'fresh'> = BY_CODE) {
      return store.createSession(tokenHash, person, how, lifeSeconds);
    }

    it('are found by the hash of their token, as they were opened', async () => {
      const [token, fresh] = [hash(), hash()];
      const session = await opened(token);
      expect(session).toMatchObject({ person, ...BY_CODE });
      expect(session.expiresAt.getTime() - session.openedAt.getTime()).toBe(60_000);
      expect(await store.findSession(token)).toEqual(session);
      await opened(fresh, 60, { signedInBy: 'oidc', fresh: true });
      expect(await store.findSession(fresh)).toMatchObject({ signedInBy: 'oidc', fresh: true });
      expect(await store.findSession(hash())).toBeNull();
    });

    it('live until their time is over, and then there is nothing to end', async () => {
      const token = hash();
      const { id } = await opened(token);
      await place.pass(50);
      expect(await store.findSession(token)).not.toBeNull();
      await place.pass(15);
      expect(await store.findSession(token)).toBeNull();
      expect(await store.sessionsOf(person)).toEqual([]);
      expect(await store.endSession(token)).toBeNull();
      expect(await store.endSessionById(id, null)).toBeNull();
    });

    it('end once, for the person whose they were', async () => {
      const token = hash();
      await opened(token);
      const ends = await Promise.all([store.endSession(token), store.endSession(token)]);
      expect(ends.filter((whose) => whose !== null)).toEqual([person]);
      expect(await store.findSession(token)).toBeNull();
      expect(await store.endSession(hash())).toBeNull();
    });

    it('end by their id, for anybody or for their person alone', async () => {
      const [first, second] = [await opened(hash()), await opened(hash())];
      const other = await place.person();
      expect(await store.endSessionById(first.id, other)).toBeNull();
      expect(await store.endSessionById(first.id, person)).toBe(person);
      expect(await store.endSessionById(first.id, person)).toBeNull();
      expect(await store.endSessionById(second.id, null)).toBe(person);
      expect(await store.endSessionById('nobody', null)).toBeNull();
    });

    it('are listed for their person while they live, newest first', async () => {
      const [old, over, token] = [hash(), hash(), hash()];
      const first = await opened(old, 600);
      await opened(over, 10);
      await place.pass(15);
      const second = await opened(token, 600);
      const third = await opened(hash(), 600);
      await store.endSession(token);
      expect((await store.sessionsOf(person)).map(({ id }) => id)).toEqual([third.id, first.id]);
      expect(second.person).toBe(person);
      expect(await store.sessionsOf(await place.person())).toEqual([]);
    });

    it('are nobody’s when their person is there no more', async () => {
      const token = hash();
      await opened(token);
      await place.leaves(person);
      expect(await store.findSession(token)).toBeNull();
      expect(await store.sessionsOf(person)).toEqual([]);
    });
  });
}
