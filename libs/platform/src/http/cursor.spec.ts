import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CursorSeal } from './cursor.js';

const seal = new CursorSeal(Buffer.alloc(32, 1));
const QUERY = { page: 'grants', caller: 'auditor-tool', filter: { agent: 'support-bot', from: undefined } };

describe('a cursor', () => {
  it('opens to the position it was sealed with, for the same query', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (position) =>
        expect(seal.open(seal.seal(position, QUERY), QUERY)).toEqual(JSON.parse(JSON.stringify(position))),
      ),
    );
  });

  it('does not open for another query, filter or caller', () => {
    const cursor = seal.seal('7', QUERY);
    for (const other of [
      { ...QUERY, caller: 'ops-cli' },
      { ...QUERY, page: 'events' },
      { ...QUERY, filter: { agent: 'rival-bot' } },
      { ...QUERY, filter: {} },
    ]) {
      expect(seal.open(cursor, other)).toBeNull();
    }
  });

  it('does not open when any one bit was changed', () => {
    const bytes = Buffer.from(seal.seal({ id: 'grt_1' }, QUERY), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const edited = Buffer.from(bytes);
      edited[bit >> 3] = (edited[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(seal.open(edited.toString('base64url'), QUERY)).toBeNull();
    }
  });

  it('does not open when cut, lengthened or spelt in another way', () => {
    const cursor = seal.seal('7', QUERY);
    for (const edited of [cursor.slice(0, -1), `${cursor}A`, `${cursor}=`, ` ${cursor}`, '', 'A', '!!!'])
      expect(seal.open(edited, QUERY)).toBeNull();
  });

  it('does not open under another key', () => {
    expect(new CursorSeal(Buffer.alloc(32, 2)).open(seal.seal('7', QUERY), QUERY)).toBeNull();
  });

  it('does not show its position, nor that two positions are the same', () => {
    const [one, two] = [seal.seal('secret-position', QUERY), seal.seal('secret-position', QUERY)];
    expect(one).not.toBe(two);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('secret-position');
  });
});
