import { describe, expect, it } from '@jest/globals';
import type { ConfigurationChange, NewConfiguration } from '#escalations/judge/configuration-store.js';
import { applyNow, type ApplyReadings } from './apply-now.js';
import type { CommandContext } from './command.js';

const NEXT = {} as NewConfiguration;
const CHANGES = [{ kind: 'limits', change: 'changed', id: '' }] as unknown as ConfigurationChange[];
const NOTHING = { living: { grants: [], total: 0 }, waiting: [] };
const TELLS = {
  before: async () => NOTHING,
  after: async () => ({ grants: { total: 0, judged: 0, stopped: [] }, cancelled: 2 }),
};
const fails = (): Promise<never> => Promise.reject(new Error('Query read timeout'));

async function applied(readings: ApplyReadings, apply: () => Promise<ConfigurationChange[]> = async () => CHANGES) {
  const out: string[] = [];
  const remarks: string[] = [];
  const context = { out: (line: string) => out.push(line), remark: (line: string) => remarks.push(line) };
  const changed = await applyNow({ apply }, readings, NEXT, context as unknown as CommandContext);
  return { changed, out, remarks };
}

describe('an apply', () => {
  it.each([
    ['what stood before cannot be read', { ...TELLS, before: fails }],
    ['reading what stood before never ends', { ...TELLS, before: () => new Promise<never>(() => undefined) }],
    ['what became of it cannot be read', { ...TELLS, after: fails }],
  ])('is made, and no failure, where %s', async (_, readings) => {
    expect(await applied(readings)).toEqual({
      changed: true,
      out: ['limits changed'],
      remarks: ['What it ended could not be counted.'],
    });
  });

  it('says what it ended where that can be counted', async () => {
    const told = await applied(TELLS);
    expect(told).toEqual({
      changed: true,
      out: ['limits changed', 'open requests: cancelled 2 requests'],
      remarks: [],
    });
  });

  it('fails as the store does, and only then', async () => {
    await expect(applied(TELLS, fails)).rejects.toThrow('Query read timeout');
  });

  it('of nothing remarks nothing, whatever could be counted', async () => {
    const none = await applied({ ...TELLS, before: fails }, async () => []);
    expect(none).toEqual({ changed: false, out: ['nothing to change'], remarks: [] });
  });
});
