import type { Posting } from './card-turns.js';
import type { CardStore, LeasedCard, Shown, StoredCard, TurnEnd } from '../ports.js';
import type { SlackFault } from '../send/slack-fault.js';
import type { SlackGateway } from '../send/slack-gateway.js';
import { approvalCard, supersededCard } from '../views/card/approval-card.view.js';
import type { ApprovalCardModel } from '../views/card/card-model.js';

/** An escalation as it stands: what to show, which state that is, and where. */
export interface LoadedCard extends Shown {
  readonly model: Omit<ApprovalCardModel, 'cardId'>;
  readonly channels: readonly string[];
}

export interface PublishDeps {
  readonly cards: CardStore;
  readonly slack: Pick<SlackGateway, 'post' | 'update'>;
  readonly loadCardModel: (escalationId: string) => Promise<LoadedCard | null>;
  readonly posting: Posting;
}

/**
 * What became of one channel's card. `current`: it already shows this or a newer version. `busy`: another worker has it.
 * `waiting`: others go first in its channel.
 */
export type ChannelOutcome =
  | { readonly channel: string; readonly cardId: string; readonly outcome: 'posted' | 'updated' | 'current' | 'busy' }
  | { readonly channel: string; readonly cardId: string; readonly outcome: 'waiting'; readonly seconds: number }
  | { readonly channel: string; readonly cardId: string; readonly outcome: 'failed'; readonly fault: SlackFault };

export interface PublishReport {
  readonly outcomes: readonly ChannelOutcome[];
  /** Seconds after which the job should run again at the soonest, or `null` when nothing more is to be done. */
  readonly retryAfterSeconds: number | null;
  /** True when all that is left is to wait for a turn, which says nothing about Slack's health. */
  readonly inTurn: boolean;
}

/** Longer than the two slowest calls of an update, so that no call of an old lease is still under way in a new one. */
const LEASE_SECONDS = 20;
const RETRY_SECONDS = 1;
/** A little more than the second that Slack asks for between two messages of a channel. */
const POST_REST_SECONDS = 1.05;
/** How long others go before a card that Slack would not take, and before one that it will hardly ever take. */
const HOLD_SECONDS = 3;
const HOLD_GONE_SECONDS = 600;

/**
 * Makes the card of an escalation true in every channel: posts it where there is none and people still decide,
 * rewrites it where it shows an older version. The job that calls this is only a pointer, so a late or doubled one
 * finds nothing to do. One worker at a time speaks about one card.
 *
 * What remains: when Slack posts a card and both its answer and our process are lost, the next run posts another. The
 * first copy keeps its buttons until somebody uses one: the click names a `ts` that is not on record, is refused, and the
 * copy is rewritten with `supersededCard`.
 */
export async function publishCard(deps: PublishDeps, escalationId: string): Promise<PublishReport> {
  const loaded = await deps.loadCardModel(escalationId);
  if (loaded === null) return reportOf([]);
  const outcomes: ChannelOutcome[] = [];
  for (const card of await cardsOf(deps, loaded, escalationId)) {
    outcomes.push(await publishOne(deps, loaded, card));
  }
  if (await overtaken(deps, loaded, escalationId, outcomes)) {
    const newer = await publishCard(deps, escalationId);
    return reportOf([...outcomes, ...newer.outcomes]);
  }
  return reportOf(outcomes);
}

/**
 * True when the request moved on while its first message was under way: the job of that change found no message to
 * rewrite and is done, so whoever posted must look again.
 */
async function overtaken(
  deps: PublishDeps,
  loaded: LoadedCard,
  escalationId: string,
  outcomes: readonly ChannelOutcome[],
): Promise<boolean> {
  if (!outcomes.some((done) => done.outcome === 'posted')) return false;
  const newest = await deps.loadCardModel(escalationId);
  return newest !== null && isNewer(newest, loaded);
}

function reportOf(outcomes: readonly ChannelOutcome[]): PublishReport {
  const left = outcomes.filter((done) => retryOf(done) !== null);
  const waits = left.map((done) => retryOf(done) ?? 0);
  return {
    outcomes,
    retryAfterSeconds: waits.length === 0 ? null : Math.max(...waits),
    inTurn: left.length > 0 && left.every((done) => done.outcome === 'waiting'),
  };
}

/** Cards on record, also in channels that are no longer asked, and new ones while people still decide. */
async function cardsOf(deps: PublishDeps, loaded: LoadedCard, escalationId: string): Promise<StoredCard[]> {
  const { onlyCard } = deps.posting;
  const known = await deps.cards.listByEscalation(escalationId);
  if (onlyCard !== undefined) return known.filter((card) => card.cardId === onlyCard && isDue(card, loaded));
  if (loaded.model.status !== 'pending') return known.filter((card) => isDue(card, loaded));
  const missing = [...new Set(loaded.channels)].filter((channel) => !known.some((card) => card.channel === channel));
  const { digest } = loaded.model;
  const fresh = await Promise.all(missing.map((channel) => deps.cards.cardFor({ escalationId, digest, channel })));
  return [...known, ...fresh].filter((card) => isDue(card, loaded));
}

function isDue(card: StoredCard, loaded: LoadedCard): boolean {
  return card.ts !== null || (loaded.model.status === 'pending' && loaded.channels.includes(card.channel));
}

async function publishOne(deps: PublishDeps, loaded: LoadedCard, card: StoredCard): Promise<ChannelOutcome> {
  const about = { channel: card.channel, cardId: card.cardId };
  if (isCurrent(card, loaded)) return { ...about, outcome: 'current' };
  const isNew = card.ts === null;
  const held = await (isNew ? deps.posting.turnOf(card) : deps.cards.claim(card.cardId, LEASE_SECONDS));
  if (held === null && isNew) return { ...about, outcome: 'waiting', seconds: await deps.posting.waitSeconds(card) };
  if (held === null) return { ...about, outcome: 'busy' };
  if (isCurrent(held, loaded)) {
    await deps.cards.release(held.cardId, held.lease);
    return { ...about, outcome: 'current' };
  }
  const done =
    held.ts === null ? await postInTurn(deps, loaded, held) : await updateUnderLease(deps, loaded, held, held.ts);
  return { ...about, ...done };
}

type Step =
  { readonly outcome: 'posted' | 'updated' | 'busy' } | { readonly outcome: 'failed'; readonly fault: SlackFault };

async function postInTurn(deps: PublishDeps, loaded: LoadedCard, held: LeasedCard): Promise<Step> {
  const done = await postUnderLease(deps, loaded, held);
  await deps.posting.end(held, turnEndOf(done));
  return done;
}

/** What Slack refuses to one message is held back; what it refuses to a channel lets the channel rest. */
function turnEndOf(done: Step): TurnEnd {
  if (done.outcome !== 'failed') return { posted: true, restSeconds: POST_REST_SECONDS, holdSeconds: 0 };
  const { fault } = done;
  if (fault.kind === 'rate_limited') return { posted: false, restSeconds: fault.retryAfterSeconds, holdSeconds: 0 };
  if (fault.kind === 'gone') return { posted: false, restSeconds: 0, holdSeconds: HOLD_GONE_SECONDS };
  return { posted: false, restSeconds: POST_REST_SECONDS, holdSeconds: HOLD_SECONDS };
}

async function postUnderLease(deps: PublishDeps, loaded: LoadedCard, held: LeasedCard): Promise<Step> {
  const posted = await deps.slack.post(held.channel, render(loaded, held));
  if (posted.kind !== 'ok') return failed(deps, held, posted);
  if (await record(deps, loaded, held, posted.ts)) return { outcome: 'posted' };
  // The lease ran out under us and another worker's post is on record: ours is the copy, and here its ts is known.
  await deps.slack.update(held.channel, posted.ts, supersededCard(held.cardId));
  return { outcome: 'busy' };
}

async function updateUnderLease(deps: PublishDeps, loaded: LoadedCard, held: LeasedCard, ts: string): Promise<Step> {
  const updated = await deps.slack.update(held.channel, ts, render(loaded, held));
  if (updated.kind !== 'ok') return failed(deps, held, updated);
  if (await record(deps, loaded, held, ts)) return { outcome: 'updated' };
  // Ours may have landed on top of a newer rendering: show the newest once more.
  const newest = await deps.loadCardModel(held.escalationId);
  if (newest !== null) await deps.slack.update(held.channel, ts, render(newest, held));
  return { outcome: 'busy' };
}

async function failed(deps: PublishDeps, held: LeasedCard, fault: SlackFault): Promise<Step> {
  await deps.cards.release(held.cardId, held.lease);
  return { outcome: 'failed', fault };
}

function record(deps: PublishDeps, loaded: LoadedCard, held: LeasedCard, ts: string): Promise<boolean> {
  return deps.cards.swapShown(held, { version: loaded.version, minor: loaded.minor, ts });
}

function render(loaded: LoadedCard, card: StoredCard): ReturnType<typeof approvalCard> {
  return approvalCard({ ...loaded.model, cardId: card.cardId });
}

function isCurrent(card: StoredCard, loaded: LoadedCard): boolean {
  return card.ts !== null && !isNewer(loaded, card);
}

function isNewer(one: Shown, other: Shown): boolean {
  return one.version === other.version ? one.minor > other.minor : one.version > other.version;
}

function retryOf(done: ChannelOutcome): number | null {
  if (done.outcome === 'busy') return RETRY_SECONDS;
  if (done.outcome === 'waiting') return done.seconds;
  if (done.outcome !== 'failed') return null;
  if (done.fault.kind === 'rate_limited') return done.fault.retryAfterSeconds;
  return done.fault.kind === 'gone' ? null : RETRY_SECONDS;
}
