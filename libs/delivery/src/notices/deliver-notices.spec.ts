import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Catalog } from '#domain/catalog.js';
import type { EventRow } from '#escalations/history.js';
import { DeliverNotices, type NoticeSources } from './deliver-notices.js';
import { AT, catalogTelling, event, HOOK, ISSUER, MAIL, pendingRefund } from './notice.fixture.js';
import { placeOf, type AddressedNotice } from './notice.js';
import { NoticeChannel, NoticeChannels, NoticeStore, type NoticeKey } from './ports.js';

const REFUND = pendingRefund({ request: { ...pendingRefund().request, chain: [] } });

function peopled(catalog: Catalog): Catalog {
  const people = ['bob', 'carol'].map((id) => ({ id, roles: ['approver'], slack: [{ team: 'T1', user: id }] }));
  const groups = catalog.groups.map((group) => ({ ...group, members: group.id === 'oncall' ? ['bob', 'carol'] : [] }));
  return { ...catalog, groups, people: people as unknown as Catalog['people'] };
}

const keyOf = (key: NoticeKey): string => `${key.eventId} ${key.channel} ${key.target}`;

class Records extends NoticeStore {
  events: EventRow[] = [event('escalation.requested')];
  readonly state = new Map<string, 'sent' | 'leased' | `failed: ${string}`>();

  override async recentEvents(): Promise<EventRow[]> {
    return this.events;
  }
  override async claim(key: NoticeKey): Promise<'claimed' | 'sent' | 'busy'> {
    const state = this.state.get(keyOf(key));
    if (state === 'sent') return 'sent';
    if (state === 'leased') return 'busy';
    this.state.set(keyOf(key), 'leased');
    return 'claimed';
  }
  override async sent(key: NoticeKey): Promise<void> {
    this.state.set(keyOf(key), 'sent');
  }
  override async failed(key: NoticeKey, error: string): Promise<void> {
    this.state.set(keyOf(key), `failed: ${error}`);
  }
}

class Wire extends NoticeChannel {
  readonly arrived: string[] = [];
  down: string | null = null;
  constructor(override readonly kind: 'email' | 'webhook' | 'slack') {
    super();
  }
  override async send({ target }: AddressedNotice): Promise<void> {
    if (this.down !== null) throw new Error(this.down);
    this.arrived.push(placeOf(target));
  }
}

describe('notices', () => {
  let records: Records;
  let mail: Wire;
  let hooks: Wire;
  const sources = {
    catalog: async () => peopled(catalogTelling({ oncall: [MAIL, HOOK] })),
    request: async () => ({ escalation: REFUND, asksPeople: true, quiet: new Set(), now: AT + 730_000 }),
    muted: async () => new Set(['carol']),
    issuer: ISSUER,
  } as unknown as NoticeSources;
  const deliver = (channels: NoticeChannel[] = [mail, hooks]) =>
    new DeliverNotices(records, new NoticeChannels(channels), sources).deliver('esc_1');

  beforeEach(() => {
    Logger.overrideLogger(false);
    records = new Records();
    mail = new Wire('email');
    hooks = new Wire('webhook');
  });

  it('reach each place once, however often the job runs', async () => {
    expect(await deliver()).toBe('done');
    expect(await deliver()).toBe('done');
    expect([mail.arrived, hooks.arrived]).toEqual([['oncall@example.com'], ['https://hooks.example/writ']]);
  });

  it('that one place does not take reach the others, and are tried again there alone', async () => {
    mail.down = 'mailbox full';
    await expect(deliver()).rejects.toThrow('1 notices were not taken: email: mailbox full');
    expect(hooks.arrived).toHaveLength(1);
    mail.down = null;
    expect(await deliver()).toBe('done');
    expect([mail.arrived.length, hooks.arrived.length]).toEqual([1, 1]);
  });

  it('that another worker is sending are looked at again later', async () => {
    records.state.set('evt_escalation.requested email oncall@example.com', 'leased');
    expect(await deliver()).toEqual({ retryAfterSeconds: 5 });
    expect(mail.arrived).toEqual([]);
  });

  it('by a channel that is not configured hold up nothing', async () => {
    expect(await deliver([hooks])).toBe('done');
    expect(hooks.arrived).toHaveLength(1);
  });

  it('to single people leave out whoever has muted the request or its agent', async () => {
    records.events = [event('escalation.reminded', { step: 'late', group: 'oncall' })];
    const direct = new Wire('slack');
    expect(await deliver([direct])).toBe('done');
    expect(direct.arrived).toEqual(['T1/bob']);
  });
});
