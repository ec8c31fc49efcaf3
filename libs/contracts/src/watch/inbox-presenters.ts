import type { CatalogWords } from '#domain/words/catalog-words.js';
import type { Entitlement } from '#escalations/watch/entitlement.js';
import type { Counted } from '#escalations/watch/pending-matches.js';
import type { InboxItem } from '#escalations/watch/read-inbox.js';
import { presentEscalationForPeople } from '../presenters.js';

type Wire = Record<string, unknown>;

/** An escalation in somebody's inbox, with what they may do. */
export function presentInboxItem({ story, may, folded }: InboxItem, words: CatalogWords): Wire {
  return { ...presentEscalationForPeople(story, words), may: presentMay(may), folded };
}

/** How many wait in all, and on which sides; of a page that did not count, `null`. */
export function presentCounted(counted: Counted | null): Wire {
  return {
    total: counted?.total ?? null,
    more_than_total: counted?.more ?? null,
    facets: counted?.facets ?? null,
  };
}

/** What somebody may do with it now. */
export function presentMay({ decide, whyNot, revoke, nudge }: Entitlement): Wire {
  return { decide, why_not: whyNot, revoke, nudge };
}
