import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Catalog } from '#domain/catalog.js';
import type { EventRow } from '#escalations/watch/history.js';
import { DeliverNotices, type NoticeSources } from './deliver-notices.js';
import { AT, catalogTelling, event, HOOK, ISSUER, MAIL, pendingRefund, registryOf } from './notice.fixture.js';
import { placeOf, type AddressedNotice, type NotifiedRequest } from './notice.js';
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

  override async recentEvents(escalationId: string): Promise<EventRow[]> {
    return this.events.map((row) =>
      row.escalation === escalationId ? row : { ...row, id: `${row.id} ${escalationId}` },
    );
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
  let next: NotifiedRequest | null;
  const sources = {
    registry: async () => registryOf(peopled(catalogTelling({ oncall: [MAIL, HOOK] }))),
    request: async () => ({ escalation: REFUND, asksPeople: true, quiet: new Set(), now: AT + 730_000 }),
    nextInTurn: async () => next,
    muted: async () => new Set(['carol']),
    issuer: ISSUER,
  } as unknown as NoticeSources;
  const deliver = (channels: NoticeChannel[] = [mail, hooks]) =>
    new DeliverNotices(records, new NoticeChannels(channels), sources).deliver('esc_1');

  beforeEach(() => {
    Logger.overrideLogger(false);
    records = new Records();
    next = null;
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

  it('of a request that has ended come with those of the identical one whose turn it is, also when a place fails', async () => {
    next = { escalation: { ...REFUND, id: 'esc_2' }, asksPeople: true, quiet: new Set(), now: AT };
    mail.down = 'mailbox full';
    await expect(deliver()).rejects.toThrow('2 notices were not taken');
    expect(hooks.arrived).toHaveLength(2);
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
