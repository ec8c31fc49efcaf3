import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { DeniedAsk } from '#domain/authority/ask.js';
import { AskLedger, Folds, type Fold } from '#escalations/ask/ask-ledger.js';
import { FoldedPart } from '#escalations/watch/context/folded-part.js';
import { DatabasePool } from '../connection/pool.js';
import * as asks from '../sql/asks.js';

/** An agent's other asks, within one transaction. */
export class PostgresAskLedger extends AskLedger {
  constructor(private readonly client: pg.PoolClient) {
    super();
  }

  override queueBehindOwner(owner: string): Promise<void> {
    return asks.queueBehindOwner(this.client, owner);
  }
  override pendingOfOwner(owner: string): Promise<number> {
    return asks.pendingOfOwner(this.client, owner);
  }
  override denied(agentUid: string, resource: string, seconds: number): Promise<DeniedAsk[]> {
    return asks.deniedOf(this.client, agentUid, resource, seconds);
  }
  override openLike(agentUid: string, askHash: string): Promise<string[]> {
    return asks.openLike(this.client, agentUid, askHash);
  }
  override openBehind(escalationId: string): Promise<string[]> {
    return asks.openBehind(this.client, escalationId);
  }
  override openOf(agentUid: string): Promise<string[]> {
    return asks.openOf(this.client, agentUid);
  }
  override standsBehind(escalationId: string): Promise<boolean> {
    return asks.standsBehind(this.client, escalationId);
  }
}

/** Folds, straight from the pool. */
@Injectable()
export class PostgresFolds extends Folds {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override of(escalationId: string): Promise<Fold | null> {
    return asks.foldOf(this.pool, escalationId);
  }
}

/** The same for many at once, for lists. */
@Injectable()
export class PostgresFoldedPart extends FoldedPart {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return new Map((await asks.foldedInto(this.pool, escalationIds)).map(({ head, behind }) => [head, behind]));
  }
}
