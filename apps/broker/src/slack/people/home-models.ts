import { Inject, Injectable } from '@nestjs/common';
import { resourceIn } from '#domain/catalog.js';
import { isRefusal } from '#domain/refusal.js';
import { ratedCalls } from '#domain/words/call-lines.js';
import type { InboxView } from '#escalations/watch/inbox.js';
import { RegistrySource, Store, type Registry } from '#escalations/ports.js';
import { ReadInbox, type InboxItem } from '#escalations/watch/read-inbox.js';
import { escalationState, grantState } from '#escalations/state-now.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { HOME_LINES_MAX, type HomeAsk, type HomeModel, type Some } from '#slack/views/home.view.js';

/** Reads what the Home tab of a person and the answer to `/writ list` show. */
@Injectable()
export class HomeModels {
  constructor(
    @Inject(ReadInbox) private readonly inbox: Pick<ReadInbox, 'page'>,
    private readonly registry: RegistrySource,
    @Inject(Store) private readonly store: Pick<Store, 'read'>,
    private readonly broker: BrokerIdentity,
  ) {}

  /** Where people enter a code. */
  get accountUrl(): string {
    return new URL('/account', this.broker.issuer).href;
  }

  /** Three short lists; `null` for somebody whom the broker no longer knows. */
  async of(person: string, notice: string | null): Promise<HomeModel | null> {
    const [pending, live, decided] = await Promise.all([
      this.page(person, 'pending'),
      this.page(person, 'live'),
      this.page(person, 'decided'),
    ]);
    if (pending === null || live === null || decided === null) return null;
    const [registry, now] = await Promise.all([this.registry.current(), this.store.read.now()]);
    const ask = (item: InboxItem): HomeAsk => homeAsk(item, registry, this.broker.issuer);
    return {
      name: registry.words.person(person),
      notice,
      pending: some(pending, (item) => {
        const { request, risk, deadline } = item.story.escalation;
        const { requested_ttl: ttl, max_uses: maxUses } = request;
        return { ...ask(item), risk, ttl, maxUses, decideBeforeSeconds: seconds(deadline), folded: item.folded };
      }),
      live: some(live, (item) => liveGrant(item, ask(item))),
      decided: some(decided, (item) => {
        const vote = item.story.votes.find((candidate) => candidate.person === person);
        if (vote === undefined) return null;
        const { verdict, at } = vote;
        return { ...ask(item), verdict, status: statusWords(item), atSeconds: seconds(at) };
      }),
      consoleUrl: new URL('/', this.broker.issuer).href,
      updatedAtSeconds: seconds(now),
    };
  }

  private async page(person: string, view: InboxView): Promise<Some<InboxItem> | null> {
    const page = await this.inbox.page(person, view, HOME_LINES_MAX, null);
    return isRefusal(page) ? null : { items: page.items, more: page.next !== null };
  }
}

function homeAsk({ story }: InboxItem, { catalog, words }: Registry, issuer: string): HomeAsk {
  const { escalation } = story;
  const resource = resourceIn(catalog, escalation.resource);
  const calls = words.calls(escalation.resource, escalation.request.authorization_details);
  return {
    escalationId: escalation.id,
    agent: { id: escalation.agentId, name: words.agent(escalation.agentId) },
    calls: ratedCalls(calls, resource, escalation.risk),
    resource: words.resource(escalation.resource),
    consoleUrl: new URL(`/escalations/${escalation.id}`, issuer).href,
  };
}

function liveGrant({ story, may }: InboxItem, ask: HomeAsk): HomeModel['live']['items'][number] | null {
  const { grant, now } = story;
  if (grant === null) return null;
  const { status } = grantState(grant, now);
  if (status !== 'ready' && status !== 'active') return null;
  const endsBeforeSeconds = seconds(status === 'ready' ? grant.readyUntil : (grant.expiresAt ?? now));
  return { ...ask, grantId: grant.id, status, endsBeforeSeconds, mayRevoke: may.revoke };
}

function statusWords({ story }: InboxItem): string {
  const { escalation, grant, now } = story;
  return grant === null ? escalationState(escalation, now).status : grantState(grant, now).status;
}

function some<T, U>(list: Some<T>, make: (item: T) => U | null): Some<U> {
  return { items: list.items.map(make).filter((item) => item !== null), more: list.more };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
