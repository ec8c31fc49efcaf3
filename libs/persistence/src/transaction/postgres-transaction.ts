import type pg from 'pg';
import type { TraceContext } from '#escalations/watch/observation.js';
import type { Transaction } from '#escalations/ports.js';
import { PostgresAgents } from '../ask/postgres-agents.js';
import { PostgresAskLedger } from '../ask/postgres-asks.js';
import { PostgresEscalations } from '../ask/postgres-escalations.js';
import { PostgresIdempotency } from '../ask/postgres-idempotency.js';
import { PostgresGrants } from '../collect/postgres-grants.js';
import { PostgresTokens } from '../collect/postgres-tokens.js';
import { PostgresAppliedConfigurations } from '../judge/postgres-applied-configurations.js';
import { PostgresReminders } from '../decide/postgres-reminders.js';
import { PostgresVotes } from '../decide/postgres-votes.js';
import { PostgresEndings } from '../end/postgres-endings.js';
import { PostgresStopOrders } from '../end/postgres-stop-orders.js';
import type { Journal } from '../connection/journal.js';
import { PostgresSigningKeyRows } from '../keys/postgres-signing-key-rows.js';
import { PostgresCommentRows } from '../people/postgres-comments.js';
import { PostgresPasskeyRows } from '../people/postgres-passkeys.js';
import { PostgresPeople } from '../people/postgres-people.js';
import { PostgresSlackLinkRows } from '../people/postgres-slack-links.js';
import { PostgresBreakGlassLedger } from '../ask/postgres-break-glass.js';
import { PostgresRestoreRows } from '../recover/postgres-restores.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { PostgresUses } from '../use/postgres-uses.js';
import { PostgresStatusPlaces } from '../watch/postgres-status-lists.js';
import { PostgresEventJournal } from './postgres-event-journal.js';

type Nouns = Omit<Transaction, 'journal'>;

/** The nouns over one open transaction's connection. @param journal is told of what must be known after the commit */
export function nounsOver(
  client: pg.PoolClient,
  configurations: SealedConfigurations,
  journal: PostgresEventJournal,
  trace: TraceContext | null,
): Nouns {
  return {
    agents: new PostgresAgents(client),
    asks: new PostgresAskLedger(client),
    breakGlass: new PostgresBreakGlassLedger(client),
    comments: new PostgresCommentRows(client),
    configurations: new PostgresAppliedConfigurations(client, configurations),
    endings: new PostgresEndings(client),
    escalations: new PostgresEscalations(client, trace, (row) => journal.wrote(row)),
    grants: new PostgresGrants(client, (row) => journal.issues(row)),
    idempotency: new PostgresIdempotency(client),
    keys: new PostgresSigningKeyRows(client),
    passkeys: new PostgresPasskeyRows(client, configurations),
    people: new PostgresPeople(client, configurations),
    reminders: new PostgresReminders(client),
    restores: new PostgresRestoreRows(client),
    slackLinks: new PostgresSlackLinkRows(client, configurations),
    statusPlaces: new PostgresStatusPlaces(client),
    stopOrders: new PostgresStopOrders(client),
    tokens: new PostgresTokens(client),
    uses: new PostgresUses(client),
    votes: new PostgresVotes(client, configurations),
  };
}

/** A transaction as use cases see it, with the journal that the commit is told of. */
export type PostgresTransaction = Transaction & { readonly journal: PostgresEventJournal };

/**
 * One open transaction: its nouns, and the journal that remembers what it did.
 * @param trace where the work stands; `null` where nobody traces it
 */
export function transactionOver(
  client: pg.PoolClient,
  journal: Journal,
  configurations: SealedConfigurations,
  trace: TraceContext | null = null,
): PostgresTransaction {
  const kept = new PostgresEventJournal(client, journal, trace);
  return { ...nounsOver(client, configurations, kept, trace), journal: kept };
}
