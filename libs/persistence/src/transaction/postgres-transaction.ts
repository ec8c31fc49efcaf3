import type pg from 'pg';
import type { Voter } from '#domain/approval/eligibility.js';
import type { EscalationMark } from '#escalations/decide/reminders-given.js';
import type { NewComment } from '#escalations/people/comments.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import { Transaction } from '#escalations/ports.js';
import type { StoredAnswer } from '#escalations/ask/stored-answer.js';
import type {
  EscalationRow,
  EscalationUpdate,
  GrantRow,
  GrantUpdate,
  HistoryEntry,
  NewEscalation,
  NewGrant,
  OutboxEntry,
  TokenRow,
  VoteRow,
} from '#escalations/rows.js';
import { jobsAfter } from '#escalations/tell/what-follows.js';
import type { KeyChange, NewKey, SigningAlg } from '#escalations/keys/signing-keys.js';
import type { Journal } from '../connection/journal.js';
import { PostgresAskLedger } from '../ask/postgres-asks.js';
import { PostgresBreakGlassLedger } from '../ask/postgres-break-glass.js';
import { PostgresEndRows } from '../end/postgres-end-rows.js';
import { PostgresKillRows } from '../end/postgres-kill-rows.js';
import { PostgresRestoreRows } from '../recover/postgres-restores.js';
import { insertTrace } from '../watch/postgres-traces.js';
import * as agents from '../sql/agents.js';
import { announceChanged } from '../deliver/announce.js';
import * as callers from '../ask/calls.js';
import * as comments from '../people/comments.js';
import * as escalations from '../sql/escalations.js';
import * as grants from '../sql/grants.js';
import * as history from '../sql/history.js';
import * as keys from '../keys/keys.js';
import * as marks from '../decide/marks.js';
import { ownsPasskey, PostgresPasskeyRows } from '../people/passkeys.js';
import { PostgresSlackLinkRows } from '../people/slack-links.js';
import { PostgresStatusPlaces } from '../watch/status-places.js';
import { PostgresUseRows } from '../use/uses.js';
import * as votes from '../sql/votes.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';

/** The verbs of one open transaction, each one statement of `sql/`. Remembers whether it enqueued anything. */
export class PostgresTransaction extends Transaction {
  readonly touched = new Set<string>();
  enqueued = false;
  /** What the relay announces when it comes by the outbox. */
  private readonly relayed = new Set<string>();
  private readonly escalationOf = new Map<string, string>();
  /** Requests whose cards this transaction has published anew. */
  private readonly published = new Set<string>();
  /** A token is written or used: many of these commit at once. */
  private frequent = false;
  /** What the witness is told after the commit. */
  readonly events: HistoryEntry[] = [];
  readonly decided: EscalationRow[] = [];
  override readonly asks: PostgresAskLedger;
  override readonly ends: PostgresEndRows;
  override readonly restores: PostgresRestoreRows;
  override readonly breakGlass: PostgresBreakGlassLedger;
  override readonly slackLinks: PostgresSlackLinkRows;
  override readonly passkeys: PostgresPasskeyRows;
  override readonly kills: PostgresKillRows;
  override readonly statuses: PostgresStatusPlaces;
  override readonly uses: PostgresUseRows;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly journal: Journal,
    private readonly configurations: SealedConfigurations,
    private readonly trace: TraceContext | null = null,
  ) {
    super();
    this.asks = new PostgresAskLedger(client);
    this.ends = new PostgresEndRows(client);
    this.restores = new PostgresRestoreRows(client);
    this.breakGlass = new PostgresBreakGlassLedger(client);
    this.slackLinks = new PostgresSlackLinkRows(client, configurations);
    this.passkeys = new PostgresPasskeyRows(client, configurations);
    this.kills = new PostgresKillRows(client);
    this.statuses = new PostgresStatusPlaces(client);
    this.uses = new PostgresUseRows(client, () => (this.frequent = true));
  }

  override lockAgent(agentId: string): ReturnType<Transaction['lockAgent']> {
    return agents.lockAgent(this.client, agentId);
  }
  override lockAgentRow(agentUid: string): ReturnType<Transaction['lockAgentRow']> {
    return agents.lockAgentRow(this.client, agentUid);
  }
  override queueBehindAgent(agentUid: string): Promise<void> {
    return agents.queueBehindAgent(this.client, agentUid);
  }
  override async configSeq(): Promise<string> {
    return (await this.configurations.newest(this.client))?.seq ?? '0';
  }
  override facts(
    agentUid: string,
    actions: readonly string[],
    without: string | null = null,
  ): ReturnType<Transaction['facts']> {
    return agents.agentFacts(this.client, agentUid, actions, without);
  }
  override pendingCount(agentUid: string): Promise<number> {
    return callers.pendingCount(this.client, agentUid);
  }
  override countCall(agentUid: string): ReturnType<Transaction['countCall']> {
    return callers.countCall(this.client, agentUid);
  }
  override votersOfGroups(groups: readonly string[]): ReturnType<Transaction['votersOfGroups']> {
    return this.configurations.votersOfGroups(this.client, groups);
  }
  override voter(person: string): ReturnType<Transaction['voter']> {
    return this.configurations.voter(this.client, person);
  }
  override ownsPasskey(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean> {
    return ownsPasskey(this.client, this.configurations, voter, credentialId);
  }

  override async insertEscalation(row: NewEscalation): Promise<EscalationRow> {
    const escalation = await escalations.insertEscalation(this.client, row);
    if (this.trace !== null) await insertTrace(this.client, escalation.id, this.trace);
    if (escalation.status !== 'pending') this.decided.push(escalation);
    return escalation;
  }
  override lockEscalation(id: string): ReturnType<Transaction['lockEscalation']> {
    return escalations.lockEscalation(this.client, id);
  }
  override async changeEscalation(id: string, fromVersion: number, update: EscalationUpdate): Promise<EscalationRow> {
    const escalation = await escalations.changeEscalation(this.client, id, fromVersion, update);
    if (escalation.status !== 'pending') this.decided.push(escalation);
    return escalation;
  }
  override votes(escalationId: string): Promise<VoteRow[]> {
    return votes.votesOf(this.client, this.configurations, escalationId);
  }
  override insertVote(row: Omit<VoteRow, 'groups'>): Promise<void> {
    return votes.insertVote(this.client, row);
  }
  override mark(escalationId: string, mark: EscalationMark, now: number): Promise<boolean> {
    return marks.markEscalation(this.client, escalationId, mark, now);
  }

  override insertGrant(row: NewGrant): ReturnType<Transaction['insertGrant']> {
    this.escalationOf.set(row.id, row.escalationId);
    return grants.insertGrant(this.client, row);
  }
  override lockGrant(id: string): ReturnType<Transaction['lockGrant']> {
    return grants.lockGrant(this.client, 'id', id);
  }
  override lockAbove(parents: GrantRow['parents']): Promise<void> {
    return grants.lockAbove(this.client, parents);
  }
  override lockGrantOf(escalationId: string): ReturnType<Transaction['lockGrantOf']> {
    return grants.lockGrant(this.client, 'escalation_id', escalationId);
  }
  override changeGrant(id: string, fromVersion: number, update: GrantUpdate): ReturnType<Transaction['changeGrant']> {
    return grants.changeGrant(this.client, id, fromVersion, update);
  }
  override hearOf(grantId: string, now: number): Promise<void> {
    return grants.hearOf(this.client, grantId, now);
  }
  override insertToken(row: Omit<TokenRow, 'endedAt'>): Promise<void> {
    this.frequent = true;
    return grants.insertToken(this.client, row);
  }
  override endTokens(grantId: string, now: number): Promise<void> {
    return grants.endTokens(this.client, grantId, now);
  }
  override token(jti: string): Promise<TokenRow | null> {
    return grants.findToken(this.client, jti);
  }
  override liveToken(grantId: string): Promise<TokenRow | null> {
    return grants.liveToken(this.client, grantId);
  }

  override signingKid(alg: SigningAlg, unreadable: readonly string[]): Promise<string | null> {
    return keys.signingKid(this.client, alg, unreadable);
  }
  override lockKeys(): ReturnType<Transaction['lockKeys']> {
    return keys.lockKeys(this.client);
  }
  override insertKey(key: NewKey, activeFrom: number): Promise<void> {
    return keys.insertKey(this.client, key, activeFrom);
  }
  override changeKey(kid: string, change: KeyChange): Promise<void> {
    return keys.changeKey(this.client, kid, change);
  }

  override markPoll(escalationId: string, intervalSeconds: number): Promise<boolean> {
    return callers.markPoll(this.client, escalationId, intervalSeconds);
  }
  override setSuspended(
    agentId: string,
    change: Parameters<Transaction['setSuspended']>[1],
  ): ReturnType<Transaction['setSuspended']> {
    return agents.setSuspended(this.client, agentId, change);
  }
  override claimIdempotencyKey(caller: string, route: string, key: string): Promise<boolean> {
    return callers.claimIdempotencyKey(this.client, caller, route, key);
  }
  override findIdempotent(caller: string, route: string, key: string): Promise<StoredAnswer | null> {
    return callers.findIdempotent(this.client, caller, route, key);
  }
  override storeIdempotent(caller: string, route: string, key: string, answer: StoredAnswer): Promise<void> {
    return callers.storeIdempotent(this.client, caller, route, key, answer);
  }

  override outcomes(grantId: string): ReturnType<Transaction['outcomes']> {
    return history.outcomesOf(this.client, grantId, this.journal);
  }
  override async record(entries: readonly HistoryEntry[], now: number): Promise<void> {
    for (const entry of entries) if (entry.escalation !== undefined) this.touched.add(entry.escalation);
    this.events.push(...entries);
    await history.appendHistory(this.client, entries, now, this.journal);
    this.relays(await history.enqueueThreads(this.client, entries, this.trace));
    await this.enqueue(jobsAfter(entries));
  }
  override enqueue(entries: readonly OutboxEntry[]): Promise<void> {
    this.relays(entries.map(({ payload }) => this.escalationOf.get(payload.id) ?? payload.id));
    return history.enqueue(this.client, this.withoutCardsTwice(entries), this.trace);
  }
  /** A request's cards are drawn once after this commit, however much of what they show has changed. */
  private withoutCardsTwice(entries: readonly OutboxEntry[]): OutboxEntry[] {
    return entries.filter(({ topic, payload }) => {
      const twice = topic === 'card.publish' && this.published.has(payload.id);
      if (topic === 'card.publish') this.published.add(payload.id);
      return !twice;
    });
  }
  private relays(ids: readonly string[]): void {
    this.enqueued ||= ids.length > 0;
    for (const id of ids) this.relayed.add(id);
  }
  /**
   * Tells the other processes of what changed without a row for the relay; what its cards went through is no change of
   * a request. Not where a token is written or used: in the whole database one NOTIFY is committed at a time.
   */
  async announceRest(): Promise<void> {
    if (this.frequent) return;
    const news = this.events.filter(({ type }) => !type.startsWith('card.')).map(({ escalation }) => escalation);
    const rest = [...new Set(news)].filter((id) => id !== undefined).filter((id) => !this.relayed.has(id));
    await announceChanged(this.client, rest);
  }

  override insertComment(comment: NewComment): Promise<boolean> {
    return comments.insertComment(this.client, comment);
  }
}
