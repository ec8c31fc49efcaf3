import { Inject, Injectable, Logger } from '@nestjs/common';
import { DuplicateGroups } from '#escalations/ask/ask-ledger.js';
import { Mutes } from '#escalations/people/mutes.js';
import { NOTIFIED_EVENTS } from '#escalations/tell/what-follows.js';
import { ISSUER, RegistrySource, Store } from '#escalations/ports.js';
import type { EventType } from '#escalations/rows/event-types.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import { escalationState } from '#escalations/state-now.js';
import { errorWords } from '../bull/outage-log.js';
import type { JobOutcome } from '../ports.js';
import {
  noticesOf,
  placeOf,
  type AddressedNotice,
  type NotifiedRequest,
  type NoticePlace,
  type NoticeRegistry,
} from './notice.js';
import { directNotices } from './direct-notices.js';
import { NoticeChannels, NoticeStore, type NoticeKey } from './ports.js';

/**
 * News older than this is none, but for the invitation to decide what still waits: it may have stood behind an identical
 * request for longer. It also ends what a place newly named in the configuration would be told.
 */
const FRESH_SECONDS = 3_600;
/** Longer than the slowest channel takes. */
const LEASE_SECONDS = 30;
const BUSY_SECONDS = 5;
const INVITATION: readonly EventType[] = ['escalation.requested'];

/** Reads what notices are made of. */
@Injectable()
export class NoticeSources {
  /** @param issuer the broker's own origin, which links begin with */
  constructor(
    private readonly store: Store,
    private readonly source: RegistrySource,
    private readonly duplicates: DuplicateGroups,
    private readonly mutes: Mutes,
    @Inject(ISSUER) readonly issuer: string,
  ) {}

  /** The configuration in force. */
  registry(): Promise<NoticeRegistry> {
    return this.source.current();
  }

  /** The request as it stands; `null` for an unknown id. One folded into another asks nobody itself. */
  async request(escalationId: string): Promise<NotifiedRequest | null> {
    const found = await this.store.read.escalations.byId(escalationId);
    if (found === null) return null;
    const { escalation, now } = found;
    if (escalationState(escalation, now).status !== 'pending')
      return { escalation, asksPeople: false, quiet: new Set(), now };
    const [group, votes] = await Promise.all([
      this.duplicates.of(escalationId),
      this.store.read.votes.of(escalationId),
    ]);
    const asksPeople = group === null || group.head === null || group.head === escalationId;
    return { escalation, asksPeople, quiet: new Set(votes.map((vote) => vote.person)), now };
  }

  /** The identical request whose turn has come if this one has ended; `null` when there is none. */
  async nextInTurn({ escalation, now }: NotifiedRequest): Promise<NotifiedRequest | null> {
    if (escalationState(escalation, now).status === 'pending') return null;
    const head = (await this.duplicates.of(escalation.id))?.head ?? null;
    return head === null ? null : this.request(head);
  }

  /** Those of these people who do not want to hear of the request or its agent for a while. */
  muted(people: readonly string[], { id, agentId }: EscalationRow): Promise<ReadonlySet<string>> {
    return this.mutes.mutedAmong(people, { escalation: id, agent: agentId });
  }
}

/**
 * Tells the places outside Slack what has happened to an escalation. The job is only a pointer: every run looks at the
 * events afresh and sends what no place has had yet, so a doubled one sends nothing and a late one nothing stale. A crash
 * between sending and recording can send twice; the event's id is in every notice, so receivers can tell. The job of one
 * that has ended also tells of the identical one behind it: that it is its turn shows only after the commit.
 */
@Injectable()
export class DeliverNotices {
  private readonly logger = new Logger('Notices');
  private readonly missing = new Set<NoticePlace['kind']>();

  constructor(
    private readonly store: NoticeStore,
    private readonly channels: NoticeChannels,
    private readonly sources: NoticeSources,
  ) {}

  /** Rejects when a place has not taken its notice, after trying all the others. */
  async deliver(escalationId: string): Promise<JobOutcome> {
    const registry = await this.sources.registry();
    const direct = this.channels.for('slack') !== null;
    if (!direct && !registry.catalog.groups.some(({ notify = [] }) => notify.length > 0)) return 'done';
    const request = await this.sources.request(escalationId);
    if (request === null) return 'gone';
    const next = await this.sources.nextInTurn(request);
    const notices = await this.noticesAbout(request, registry);
    if (next !== null) notices.push(...(await this.noticesAbout(next, registry)));
    const failures: string[] = [];
    let busy = false;
    for (const addressed of notices) {
      const outcome = await this.tell(addressed);
      if (outcome === 'busy') busy = true;
      else if (outcome !== 'told') failures.push(outcome.error);
    }
    if (failures.length > 0) throw new Error(`${failures.length} notices were not taken: ${failures[0]}`);
    return busy ? { retryAfterSeconds: BUSY_SECONDS } : 'done';
  }

  private async noticesAbout(request: NotifiedRequest, registry: NoticeRegistry): Promise<AddressedNotice[]> {
    const { issuer } = this.sources;
    const { escalation, asksPeople } = request;
    const invitation = asksPeople ? INVITATION : [];
    const events = await this.store.recentEvents(escalation.id, NOTIFIED_EVENTS, FRESH_SECONDS, invitation);
    const direct = this.channels.for('slack') !== null;
    const toPeople = direct ? await this.unmuted(directNotices(request, events, registry, issuer), request) : [];
    return [...noticesOf(request, events, registry, issuer), ...toPeople];
  }

  private async unmuted(
    notices: readonly AddressedNotice[],
    { escalation }: NotifiedRequest,
  ): Promise<AddressedNotice[]> {
    const people = notices.flatMap(({ target }) => (target.kind === 'slack' ? [target.person] : []));
    if (people.length === 0) return [];
    const muted = await this.sources.muted(people, escalation);
    return notices.filter(({ target }) => target.kind === 'slack' && !muted.has(target.person));
  }

  private async tell(addressed: AddressedNotice): Promise<'told' | 'busy' | { readonly error: string }> {
    const { notice, target } = addressed;
    const channel = this.channels.for(target.kind);
    if (channel === null) return this.nobodyToSend(target.kind);
    const key: NoticeKey = {
      escalationId: notice.escalation,
      eventId: notice.id,
      channel: target.kind,
      target: placeOf(target),
    };
    const claimed = await this.store.claim(key, LEASE_SECONDS);
    if (claimed !== 'claimed') return claimed === 'sent' ? 'told' : 'busy';
    try {
      await channel.send(addressed);
    } catch (error) {
      const words = errorWords(error);
      await this.store.failed(key, words);
      return { error: `${target.kind}: ${words}` };
    }
    await this.store.sent(key);
    return 'told';
  }

  /** Said once a process: trying again would not configure it. */
  private nobodyToSend(kind: NoticePlace['kind']): 'told' {
    if (!this.missing.has(kind)) this.logger.warn(`a group is to be told by ${kind}, which is not configured`);
    this.missing.add(kind);
    return 'told';
  }
}
