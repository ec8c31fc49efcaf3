import type { Folds } from '#escalations/ask/ask-ledger.js';
import type { LoadedCard } from '#slack/cards/publish-card.js';
import type { CardModelLoader } from './card-model.js';

/**
 * Cards with identical requests folded into one: the first that is open has the card and says how many stand behind it;
 * the others get none until it is their turn. A card that was posted stays true for its own request.
 */
export class FoldedCards {
  constructor(
    private readonly models: Pick<CardModelLoader, 'load'>,
    private readonly folds: Folds,
  ) {}

  /** The card as its channels should show it; `null` for an unknown id. */
  async load(escalationId: string): Promise<LoadedCard | null> {
    const [loaded, fold] = await Promise.all([this.models.load(escalationId), this.folds.of(escalationId)]);
    if (loaded === null || fold === null) return loaded;
    const leads = fold.head === escalationId;
    return {
      ...loaded,
      model: { ...loaded.model, folded: leads ? fold.behind.length : 0 },
      minor: loaded.minor + fold.changes,
      channels: leads || fold.head === null ? loaded.channels : [],
    };
  }

  /**
   * Another request whose card a change of this one makes due: the one that stands in front of it, whose count has
   * grown, or the one whose turn it is now that this one has ended. `null` when there is none.
   */
  async dueWith(escalationId: string): Promise<string | null> {
    const head = (await this.folds.of(escalationId))?.head ?? null;
    return head === escalationId ? null : head;
  }
}
