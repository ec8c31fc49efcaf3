import { describe, expect, it } from '@jest/globals';
import type { MintedToken } from '../minted-token.js';
import type { Registry } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';
import { Glances, type Ended, type Glance } from '../glances.js';
import { RememberedTokens } from './remembered-tokens.js';

const NOW = 1_000_000;

/** Tells what the test says. */
class HandGlances extends Glances {
  now = NOW;
  configuration = '1/mac';
  away = false;
  looks = 0;
  private heard: (ended: Ended) => void = () => undefined;
  override known(askedAt: number): Glance | null {
    return askedAt === -Infinity && !this.away ? this.glance() : null;
  }
  override async since(): Promise<Glance> {
    this.looks += 1;
    if (this.away) throw new Error('away');
    return this.glance();
  }
  override watch(heard: (ended: Ended) => void): void {
    this.heard = heard;
  }
  tell(ended: Ended): void {
    this.heard(ended);
  }
  private glance(): Glance {
    return { sentAt: performance.now(), now: this.now, configuration: this.configuration };
  }
}

const GRANT = { id: 'grt_1', parents: null, maxUses: null, expiresAt: NOW + 60_000, heartbeatSeconds: null };
const found = (grant: Partial<GrantRow> = {}, exp = NOW + 60_000): MintedToken =>
  ({
    token: { expiresAt: exp },
    grant: { ...GRANT, status: 'active', activatedAt: NOW, ...grant },
    now: NOW,
    configuration: '1/mac',
  }) as unknown as MintedToken;
const JUDGED = { registry: {} as Registry, answer: { active: true } };

function open() {
  const glances = new HandGlances();
  const memory = new RememberedTokens(glances, { tokenRead: () => undefined });
  const remember = (jwt: string, what = found()) => memory.remember(jwt, what, JUDGED, memory.mark());
  const has = async (jwt: string): Promise<boolean> => (await memory.find(jwt, performance.now())) !== null;
  return { glances, memory, remember, has };
}

describe('what is remembered of a token', () => {
  it('is found with a glance from after the question, and by its own text alone', async () => {
    const { glances, remember, has } = open();
    remember('a');
    expect([await has('a'), await has('b'), glances.looks]).toEqual([true, false, 1]);
  });

  it('is forgotten with its grant, with everything that cannot be told apart, and while nobody answers', async () => {
    const { glances, remember, has } = open();
    remember('a');
    remember('b', found({ id: 'grt_2' }));
    glances.tell(['grt_1']);
    expect([await has('a'), await has('b')]).toEqual([false, true]);
    glances.away = true;
    expect(await has('b')).toBe(false);
    glances.away = false;
    glances.tell('any');
    expect(await has('b')).toBe(false);
  });

  it('ends by the clock of the database: with the token, with the grant, with the silence of its agent', async () => {
    const { glances, remember, has } = open();
    remember('token', found({}, NOW + 5_000));
    remember('grant', found({ id: 'grt_2', expiresAt: NOW + 5_000 }));
    remember('beat', found({ id: 'grt_3', heartbeatSeconds: 2.5, lastHeartbeatAt: null }));
    remember('longer', found({ id: 'grt_4' }));
    const all = async () => [await has('token'), await has('grant'), await has('beat'), await has('longer')];
    glances.now = NOW + 4_000;
    expect(await all()).toEqual([true, true, true, true]);
    glances.now = NOW + 5_000;
    expect(await all()).toEqual([false, false, false, true]);
  });

  it('is asked about anew under another configuration', async () => {
    const { glances, remember, has } = open();
    remember('a');
    glances.configuration = '2/mac';
    expect(await has('a')).toBe(false);
  });

  it('is nothing where its answer changes unheard: counted uses, grants above', async () => {
    const { remember, has } = open();
    remember('uses', found({ maxUses: 3 }));
    remember('under', found({ parents: ['grt_0'] }));
    expect([await has('uses'), await has('under')]).toEqual([false, false]);
  });

  it('is nothing when something ended while it was read, or nobody had looked before', async () => {
    const { glances, memory, has } = open();
    const mark = memory.mark();
    glances.tell(['grt_9']);
    memory.remember('a', found(), JUDGED, mark);
    glances.away = true;
    const unseen = memory.mark();
    glances.away = false;
    memory.remember('b', found(), JUDGED, unseen);
    expect([await has('a'), await has('b')]).toEqual([false, false]);
  });

  it('has a bound: what was read first goes first', async () => {
    const { remember, has } = open();
    for (let count = 0; count < 8_193; count += 1) remember(`t${count}`, found({ id: `grt_${count}` }));
    expect([await has('t0'), await has('t1'), await has('t8192')]).toEqual([false, true, true]);
    remember('long', found({ id: 'grt_long' }));
    const long = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 9; count += 1) remember(`${count}${long}`, found({ id: `grt_x${count}` }));
    expect([await has('long'), await has(`8${long}`)]).toEqual([false, true]);
  });
});
