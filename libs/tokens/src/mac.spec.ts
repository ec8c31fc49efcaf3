import { describe, expect, it } from '@jest/globals';
import type { BrokenSeals } from '#escalations/sealed-kinds.js';
import { MasterKeySeals } from './master-key-seals.js';
import { macMatches, macOf } from './mac.js';

const key = Buffer.alloc(32, 1);
const content = { escalation: 'esc_1', verdict: 'approve', at: 5 };

describe('a MAC', () => {
  it('does not depend on the order of members', () => {
    expect(macOf(key, 'vote', { at: 5, verdict: 'approve', escalation: 'esc_1' })).toBe(macOf(key, 'vote', content));
  });

  it('of one kind does not fit another kind with the same content', () => {
    const mac = macOf(key, 'vote', content);
    expect(macMatches(key, 'vote', content, mac)).toBe(true);
    expect(macMatches(key, 'grant', content, mac)).toBe(false);
    expect(macMatches(key, 'policy', content, mac)).toBe(false);
  });

  it('does not fit other content, another key, or a cut or empty text', () => {
    const mac = macOf(key, 'vote', content);
    expect(macMatches(key, 'vote', { ...content, at: 6 }, mac)).toBe(false);
    expect(macMatches(Buffer.alloc(32, 2), 'vote', content, mac)).toBe(false);
    expect(macMatches(key, 'vote', content, mac.slice(0, -1))).toBe(false);
    expect(macMatches(key, 'vote', content, '')).toBe(false);
    expect(macMatches(key, 'vote', content, 'é'.repeat(43))).toBe(false);
  });

  it('fits nothing that JSON cannot hold, whoever wrote it', () => {
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    for (const odd of [{ use: Infinity }, { use: Number.NaN }, { text: '\ud800' }, deep])
      expect(macMatches(key, 'use', odd, macOf(key, 'use', content))).toBe(false);
  });
});

describe('seals of the master key', () => {
  const found: string[] = [];
  const broken: BrokenSeals = { found: (kind, row) => void found.push(`${kind} ${row}`) };
  const seals = new MasterKeySeals(Buffer.alloc(32, 7), broken);

  it('give one escalation one deferral code, of which only a hash need be stored', () => {
    const code = seals.deferralCode('esc_1');
    expect(code).toBe(seals.deferralCode('esc_1'));
    expect(code).not.toBe(seals.deferralCode('esc_2'));
    expect(code).not.toBe(new MasterKeySeals(Buffer.alloc(32, 8), broken).deferralCode('esc_1'));
    expect(seals.deferralHash(code)).toHaveLength(32);
  });

  it('do not share a key between MACs and deferral codes', () => {
    expect(seals.sound('vote', 'vote_1', content, seals.mac('vote', content))).toBe(true);
    expect(seals.mac('vote', 'esc_1')).not.toBe(seals.deferralCode('esc_1'));
  });

  it('tell of a row whose seal is wrong, missing or of another kind, and of no other', () => {
    found.length = 0;
    expect(seals.sound('vote', 'vote_1', content, seals.mac('vote', content))).toBe(true);
    expect(seals.sound('vote', 'vote_2', content, null)).toBe(false);
    expect(seals.sound('vote', 'vote_3', content, 'x'.repeat(43))).toBe(false);
    expect(seals.sound('vote', 'vote_4', content, seals.mac('grant', content))).toBe(false);
    expect(found).toEqual(['vote vote_2', 'vote vote_3', 'vote vote_4']);
  });
});
