import { NoopObserver, type Observer } from '#escalations/watch/observation.js';
import type { Reads } from '#escalations/ports.js';
import type { People } from '#escalations/people/people.js';
import { PostgresAgents } from '../ask/postgres-agents.js';
import { PostgresEscalations } from '../ask/postgres-escalations.js';
import { PostgresGrants } from '../collect/postgres-grants.js';
import { PostgresTokenReads } from '../collect/postgres-tokens.js';
import type { Queryable } from '../connection/queryable.js';
import { PostgresVotes } from '../decide/postgres-votes.js';
import { PostgresPasskeyRows } from '../people/postgres-passkeys.js';
import { PostgresPeople } from '../people/postgres-people.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { databaseNow } from '../sql/agents.js';
import { PostgresBefore } from '../watch/postgres-before.js';

/**
 * The nouns for reading outside transactions: straight from the pool, or over a single connection.
 * @param witness is told of every token that is read
 * @param people knows other people than those of the configuration in force
 */
export function readsOver(
  db: Queryable,
  configurations: SealedConfigurations,
  witness: Observer = new NoopObserver(),
  people: People = new PostgresPeople(db, configurations),
): Reads {
  return {
    agents: new PostgresAgents(db),
    before: new PostgresBefore(db),
    escalations: new PostgresEscalations(db),
    grants: new PostgresGrants(db),
    passkeys: new PostgresPasskeyRows(db, configurations),
    people,
    tokens: new PostgresTokenReads(db, configurations, witness),
    votes: new PostgresVotes(db, configurations),
    now: () => databaseNow(db),
  };
}
