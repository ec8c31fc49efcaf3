import { Injectable } from '@nestjs/common';
import type { Voter } from '#domain/approval/eligibility.js';
import type { Catalog } from '#domain/catalog.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import { FoldedPart } from './context/folded-part.js';
import { entitlementOf, mayRead, type Entitlement } from './entitlement.js';
import { Inbox, type InboxPosition, type InboxReader, type InboxView } from './inbox.js';
import { Reader, RegistrySource } from './ports.js';
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
}

/** What waits for one person, what they let happen, and what they decided. */
@Injectable()
export class ReadInbox {
  constructor(
    private readonly inbox: Inbox,
    private readonly reader: Reader,
    private readonly registry: RegistrySource,
    private readonly folded: FoldedPart,
  ) {}

  /** One page of a view. `pending` holds nothing that this person may not decide at this moment. */
  async page(
    person: string,
    view: InboxView,
    limit: number,
    after: InboxPosition | null,
  ): Promise<InboxPage | Refusal> {
    const { catalog, words } = await this.registry.current();
    const voter = await this.reader.voter(person);
    if (voter === null) return refuse('forbidden', 'You are not a person this broker knows.');
    const judged: { item: Omit<InboxItem, 'folded'>; position: InboxPosition }[] = [];
    const asker = readerOf(voter, catalog);
    let from = after;
    // The store cannot judge everything that makes somebody eligible: what it offers too much is left out here.
    for (let more = true; more && judged.length <= limit;) {
      const rows = await this.inbox.page(view, asker, limit + 1, from);
      for (const { story, position } of rows) {
        const may = entitlementOf(voter, story, catalog);
        if (view !== 'pending' || may.decide) judged.push({ item: { story, may }, position });
      }
      from = rows.at(-1)?.position ?? from;
      more = rows.length > limit;
    }
    const shown = judged.slice(0, limit);
    const folded = await this.folded.of(shown.map(({ item }) => item.story.escalation.id));
    return {
      items: shown.map(({ item }) => ({ ...item, folded: folded.get(item.story.escalation.id)?.length ?? 0 })),
      next: judged.length > limit ? (shown.at(-1)?.position ?? null) : null,
      words,
    };
  }

  /** Which of these escalations the person may know of: what a stream of changes may tell them. */
  async readable(person: string, escalationIds: readonly string[]): Promise<readonly string[]> {
    const { catalog } = await this.registry.current();
    const voter = await this.reader.voter(person);
    if (voter === null) return [];
    const stories = await this.inbox.stories(escalationIds);
    return stories.filter((story) => mayRead(voter, story, catalog)).map(({ escalation }) => escalation.id);
  }
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
