import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Voter } from '#domain/approval/eligibility.js';
import type { Before, BeforeMoment } from '#escalations/watch/context/before.js';
import { NobodyWatches, Witness } from '#escalations/watch/observation.js';
import { Reader } from '#escalations/ports.js';
import type { AgentRow, TokenRow, VoteRow } from '#escalations/rows.js';
import * as agents from '../sql/agents.js';
import { beforeOf } from '../watch/before.js';
import * as escalations from '../sql/escalations.js';
import * as grants from '../sql/grants.js';
import { ownsPasskey } from '../people/passkeys.js';
import * as votes from '../sql/votes.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

/** Reads outside transactions, straight from the pool; or, where it is given one, over a single connection. */
@Injectable()
export class PostgresReader extends Reader {
  constructor(
    @Inject(DatabasePool) private readonly pool: pg.Pool | pg.PoolClient,
    private readonly configurations: SealedConfigurations,
    private readonly witness: Witness = new NobodyWatches(),
  ) {
    super();
  }

  override now(): Promise<number> {
    return agents.databaseNow(this.pool);
  }
  override escalation(id: string): ReturnType<Reader['escalation']> {
    return escalations.findEscalation(this.pool, 'id', id);
  }
  override escalationByDeferralHash(hash: Buffer): ReturnType<Reader['escalationByDeferralHash']> {
    return escalations.findEscalation(this.pool, 'deferral_hash', hash);
  }
  override grant(id: string): ReturnType<Reader['grant']> {
    return grants.findGrant(this.pool, 'id', id);
  }
  override grantOf(escalationId: string): ReturnType<Reader['grantOf']> {
    return grants.findGrant(this.pool, 'escalation_id', escalationId);
  }
  override votes(escalationId: string): Promise<VoteRow[]> {
    return votes.votesOf(this.pool, this.configurations, escalationId);
  }
  override before(escalationId: string, moment: BeforeMoment): Promise<Before> {
    return beforeOf(this.pool, escalationId, moment);
  }
  override async tokenWithGrant(jti: string): ReturnType<Reader['tokenWithGrant']> {
    const token: TokenRow | null = await grants.findToken(this.pool, jti);
    if (token === null) return null;
    const found = await grants.findGrant(this.pool, 'id', token.grantId);
    if (found === null) return null;
    this.witness.tokenRead(token, found.grant, found.now);
    return { token, ...found };
  }
  override livingAgent(agentId: string): Promise<AgentRow | null> {
    return agents.livingAgent(this.pool, agentId);
  }
  override facts(agentUid: string, actions: readonly string[]): ReturnType<Reader['facts']> {
    return agents.agentFacts(this.pool, agentUid, actions, null);
  }
  override votersOfGroups(groups: readonly string[]): ReturnType<Reader['votersOfGroups']> {
    return this.configurations.votersOfGroups(this.pool, groups);
  }
  override voter(person: string): ReturnType<Reader['voter']> {
    return this.configurations.voter(this.pool, person);
  }
  override ownsPasskey(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean> {
    return ownsPasskey(this.pool, this.configurations, voter, credentialId);
  }
}
