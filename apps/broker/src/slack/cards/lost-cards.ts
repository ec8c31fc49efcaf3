import { Injectable } from '@nestjs/common';
import { CardUpkeep } from '#delivery/ports.js';
import { RegistrySource, Store } from '#escalations/ports.js';
import { Metrics } from '#platform/observe/metrics.js';
import { CardDrift } from '#slack/ports.js';

const LOST_MAX = 200;

/**
 * Finds cards that are missing or behind and whose job was lost (a queue that was wiped, a worker that took its job
 * along), and has them published. A job too many finds nothing to do.
 */
@Injectable()
export class LostCards extends CardUpkeep {
  constructor(
    private readonly drift: CardDrift,
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly metrics: Metrics,
  ) {
    super();
  }

  override async republishLost(): Promise<void> {
    const { catalog } = await this.registry.current();
    const asked = catalog.groups.filter((group) => group.slackChannel !== null).map((group) => group.id);
    const lost = await this.drift.lost(asked, LOST_MAX);
    if (lost.length === 0) return;
    for (const { kind } of lost) this.metrics.drift.inc({ kind });
    const ids = new Set(lost.map(({ escalationId }) => escalationId));
    await this.store.run((tx) =>
      tx.journal.enqueue([...ids].map((id) => ({ topic: 'card.publish', payload: { id } }) as const)),
    );
  }
}
