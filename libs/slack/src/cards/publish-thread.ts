import type { PersonName } from '#domain/person-name.js';
import { THREAD_EVENTS } from '#escalations/tell/what-follows.js';
import type { CardStore, StoredCard, ThreadStore } from '../ports.js';
import type { SlackFault } from '../send/slack-fault.js';
import type { SlackGateway } from '../send/slack-gateway.js';
import { threadLine, threadMessage } from '../views/thread-line.js';

export interface ThreadDeps {
  readonly cards: Pick<CardStore, 'listByEscalation'>;
  readonly threads: ThreadStore;
  readonly slack: Pick<SlackGateway, 'post'>;
  readonly nameOf: PersonName;
}

/** Longer than the slowest calls for so many lines; the job comes back for the rest. */
const LEASE_SECONDS = 60;
const LINES_AT_ONCE = 10;
const BUSY_SECONDS = 1;

/**
 * Tells the thread under each card of an escalation what happened since, a message a line, in order. At least once: a
 * line whose answer was lost is posted again, one that is on record never. One worker at a time speaks about one card.
 * @returns seconds after which to come again, `null` when every thread knows all
 */
export async function publishThread(deps: ThreadDeps, escalationId: string): Promise<number | null> {
  const waits: number[] = [];
  for (const card of await deps.cards.listByEscalation(escalationId)) {
    // A card that is not posted yet has no thread; its posting brings this job about again.
    const wait = card.ts === null ? null : await tellOne(deps, card, card.ts);
    if (wait !== null) waits.push(wait);
  }
  return waits.length === 0 ? null : Math.max(...waits);
}

async function tellOne(deps: ThreadDeps, card: StoredCard, ts: string): Promise<number | null> {
  if ((await deps.threads.pendingEvents(card, THREAD_EVENTS)).length === 0) return null;
  const held = await deps.threads.claim(card.cardId, LEASE_SECONDS);
  if (held === null) return BUSY_SECONDS;
  try {
    return await tellUnderLease(deps, card, ts);
  } finally {
    await deps.threads.release(card.cardId, held.lease);
  }
}

async function tellUnderLease(deps: ThreadDeps, card: StoredCard, ts: string): Promise<number | null> {
  let posted = 0;
  for (const news of await deps.threads.pendingEvents(card, THREAD_EVENTS)) {
    const line = threadLine(news, { channel: card.channel, nameOf: deps.nameOf });
    if (line !== null && posted === LINES_AT_ONCE) return 0;
    const said = line === null ? null : await deps.slack.post(card.channel, threadMessage(line, news.event.id), ts);
    if (said !== null && said.kind !== 'ok') return waitOf(said);
    if (said !== null) posted += 1;
    await deps.threads.recordNotified({
      cardId: card.cardId,
      eventId: news.event.id,
      ts: said === null ? '' : said.ts,
    });
  }
  return null;
}

/** A channel that is gone has no reader: nothing more is said there. */
function waitOf(fault: SlackFault): number | null {
  if (fault.kind === 'rate_limited') return fault.retryAfterSeconds;
  return fault.kind === 'gone' ? null : BUSY_SECONDS;
}
