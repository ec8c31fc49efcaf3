import { Inject, Injectable } from '@nestjs/common';
import { DuplicateGroups } from '#escalations/ask/ask-ledger.js';
import type { LoadedCard } from '#slack/cards/publish-card.js';
import { CardModelLoader } from './card-model-loader.js';

/**
 * Cards with identical requests folded into one: the first that is open has the card and says how many stand behind it;
 * the others get none until it is their turn. A card that was posted stays true for its own request.
 */
@Injectable()
export class CardsOfDuplicates {
  constructor(
    @Inject(CardModelLoader) private readonly models: Pick<CardModelLoader, 'load'>,
    private readonly groups: DuplicateGroups,
  ) {}

  /** The card as its channels should show it; `null` for an unknown id. */
  async load(escalationId: string): Promise<LoadedCard | null> {
    const [loaded, group] = await Promise.all([this.models.load(escalationId), this.groups.of(escalationId)]);
    if (loaded === null || group === null) return loaded;
    const leads = group.head === escalationId;
    return {
      ...loaded,
      model: { ...loaded.model, folded: leads ? group.behind.length : 0 },
      minor: loaded.minor + group.changes,
      channels: leads || group.head === null ? loaded.channels : [],
    };
  }

  /**
   * Another request whose card a change of this one makes due: the one that stands in front of it, whose count has
   * grown, or the one whose turn it is now that this one has ended. `null` when there is none.
   */
  async dueWith(escalationId: string): Promise<string | null> {
    const leader = (await this.groups.of(escalationId))?.head ?? null;
    return leader === escalationId ? null : leader;
  }
}
