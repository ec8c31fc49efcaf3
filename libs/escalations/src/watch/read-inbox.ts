import { Injectable } from '@nestjs/common';
import type { Voter } from '#domain/approval/eligibility.js';
import type { Catalog } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import { DuplicatesPart } from './context/duplicates-part.js';
import { whyNotVote } from '../why-not-vote.js';
import { entitlementOf, mayRead, type Entitlement } from './entitlement.js';
import { Inbox, type InboxPosition, type InboxReader, type InboxView, type WaitingRow } from './inbox.js';
import { misfitsOf, Tally, unknownIn, type Counted, type PendingFilter } from './pending-matches.js';
import { Store, RegistrySource, type Registry } from '../ports.js';
import type { EscalationStory } from './escalation-story.js';

export interface InboxItem {
  readonly story: EscalationStory;
  readonly may: Entitlement;
  /** How many identical asks stand behind this one. */
  readonly folded: number;
}

export interface InboxPage {
  readonly items: readonly InboxItem[];
  readonly next: InboxPosition | null;
  readonly words: CatalogWords;
  /** How many wait in all; `null` on the pages behind the first, which do not count again, and of other views. */
  readonly counted: Counted | null;
}

interface Asking {
  readonly voter: Voter;
  readonly reader: InboxReader;
  readonly registry: Registry;
}

/** How many waiting rows one statement reads. */
const READ_AT_ONCE = 500;

/** What waits for one person, what they let happen, and what they decided. */
@Injectable()
export class ReadInbox {
  constructor(
    private readonly inbox: Inbox,
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly folded: DuplicatesPart,
  ) {}

  /** One page of a view. `pending` holds nothing that this person may not decide at this moment. */
  async page(
    person: string,
    view: InboxView,
    limit: number,
    after: InboxPosition | null,
  ): Promise<InboxPage | Refusal> {
    const asking = await this.asking(person);
    if (isRefusal(asking)) return asking;
    if (view === 'pending') return this.pendingPage(asking, {}, limit, after, null);
    const rows = await this.inbox.page(view, asking.reader, limit + 1, after);
    const shown = rows.slice(0, limit);
    const items = await this.items(
      asking,
      shown.map(({ story }) => story),
    );
    return { items, next: nextOf(rows, limit), words: asking.registry.words, counted: null };
  }

  /**
   * What waits for this person and is looked for, the nearest deadline first. The first page counts: who may decide is judged
   * here and not in the store, so a true count reads everything that waits, in rows of no more than judging takes. On two
   * busy cores that took 25 ms with 200 waiting and 110 ms with 1,000; behind those it counts no further and says so.
   * Refuses values that the configuration does not name.
   */
  async pending(
    person: string,
    filter: PendingFilter,
    limit: number,
    after: InboxPosition | null,
  ): Promise<InboxPage | Refusal> {
    const asking = await this.asking(person);
    if (isRefusal(asking)) return asking;
    const unknown = unknownIn(filter, asking.registry.catalog);
    if (unknown !== null) return unknown;
    return this.pendingPage(asking, filter, limit, after, after === null ? new Tally() : null);
  }

  private async pendingPage(
    asking: Asking,
    filter: PendingFilter,
    limit: number,
    after: InboxPosition | null,
    tally: Tally | null,
  ): Promise<InboxPage> {
    const { words } = asking.registry;
    const misfits = misfitsOf(filter, words);
    const atOnce = tally === null && filter.q === undefined ? Math.min(READ_AT_ONCE, limit + 1) : READ_AT_ONCE;
    const found: WaitingRow[] = [];
    let [from, read, more] = [after, 0, true];
    while (more && (found.length <= limit || (tally !== null && read <= LIMITS.waitingCountedMax))) {
      const rows = await this.inbox.waiting(asking.reader, atOnce, from);
      for (const row of rows) {
        if (!mayDecide(asking.voter, row)) continue;
        const missed = misfits(row.ask);
        tally?.add(row.ask, missed);
        if (missed.length === 0) found.push(row);
      }
      from = rows.at(-1)?.position ?? from;
      read += rows.length;
      more = rows.length === atOnce;
    }
    const stories = await this.inOrder(found.slice(0, limit).map(({ ask }) => ask.id));
    // Between the two readings somebody may have decided.
    const items = (await this.items(asking, stories)).filter(({ may }) => may.decide);
    return { items, next: nextOf(found, limit), words, counted: tally?.counted(words, more) ?? null };
  }

  private async inOrder(ids: readonly string[]): Promise<EscalationStory[]> {
    const byId = new Map((await this.inbox.stories(ids)).map((story) => [story.escalation.id, story]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  private async items({ voter, registry }: Asking, stories: readonly EscalationStory[]): Promise<InboxItem[]> {
    const folded = await this.folded.of(stories.map(({ escalation }) => escalation.id));
    return stories.map((story) => ({
      story,
      may: entitlementOf(voter, story, registry.catalog),
      folded: folded.get(story.escalation.id)?.length ?? 0,
    }));
  }

  private async asking(person: string): Promise<Asking | Refusal> {
    const registry = await this.registry.current();
    const voter = await this.store.read.people.byId(person);
    if (voter === null) return refuse('forbidden', 'You are not a person this broker knows.');
    return { voter, registry, reader: readerOf(voter, registry.catalog) };
  }

  /** Which of these escalations the person may know of: what a stream of changes may tell them. */
  async readable(person: string, escalationIds: readonly string[]): Promise<readonly string[]> {
    const { catalog } = await this.registry.current();
    const voter = await this.store.read.people.byId(person);
    if (voter === null) return [];
    const stories = await this.inbox.stories(escalationIds);
    return stories.filter((story) => mayRead(voter, story, catalog)).map(({ escalation }) => escalation.id);
  }
}

/** The rule of a decision for somebody who has not voted, which the store has seen to. */
function mayDecide(voter: Voter, { ask, now }: WaitingRow): boolean {
  return whyNotVote(ask, voter, [], null, now) === null;
}

function nextOf(rows: readonly { readonly position: InboxPosition }[], limit: number): InboxPosition | null {
  return rows.length > limit ? (rows[limit - 1]?.position ?? null) : null;
}

/** Which rows of the inbox are this person’s. */
export function readerOf(voter: Voter, catalog: Catalog): InboxReader {
  const owned = catalog.resources.filter(({ owners }) => owners !== null && voter.groups.includes(owners));
  return {
    voter,
    groups: voter.groups,
    resources: voter.roles.includes('operator') ? null : owned.map(({ id }) => id),
  };
}
