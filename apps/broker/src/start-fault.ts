import { QueueUnusable } from '#delivery/bull/connection.js';
import { PoliciesRefused } from '#escalations/judge/configuration-in-force.js';
import { EmbeddedAlreadyRunning, EmbeddedUnavailable } from '#persistence/embedded/errors.js';
import { MigrationFailed } from '#persistence/schema/migration-failed.js';
import { isUnavailable, storeCause } from '#persistence/connection/store-fault.js';
import { ConfigurationError } from '#platform/config/configuration-error.js';
import { JsonLog, redact } from '#platform/observe/log.js';
import { MasterKeyDiffers } from '#tokens/key-ring.js';
import { CannotListen, PortTaken } from './start-broker.js';

/** Why a broker did not start, for a person and for whoever searches logs. */
export interface StartFault {
  readonly code: string;
  /** One sentence; that of a configuration has a line for each problem. */
  readonly message: string;
  readonly whatToDo: string | null;
  /** Only of what nobody has foreseen. */
  readonly stack: string | null;
}

type Known = readonly [kind: abstract new (...args: never[]) => Error, code: string, whatToDo: string | null];

/** Whose message says what is wrong already. */
const KNOWN: readonly Known[] = [
  [ConfigurationError, 'configuration', null],
  [PoliciesRefused, 'policies_refused', 'mend the policies in WRIT_CONFIG; `writ policy check` tells the same'],
  [PortTaken, 'port_in_use', null],
  [CannotListen, 'cannot_listen', 'correct WRIT_HOST and WRIT_PORT'],
  [QueueUnusable, 'queue_unusable', 'see that Redis or the schema of the queue can be used, then start again'],
  [MigrationFailed, 'migration_failed', 'read docs/operations.md, Migrations; nothing was half applied'],
  [MasterKeyDiffers, 'master_key', 'set WRIT_MASTER_KEY to the key that this database was begun with'],
  [EmbeddedAlreadyRunning, 'already_running', null],
  [EmbeddedUnavailable, 'embedded_unavailable', 'or name a PostgreSQL of yours in DATABASE_URL'],
];

/** What to do by SQLSTATE, its class, or Node's word for what the network did; the first that fits. */
const STORE: readonly (readonly [code: RegExp, name: string, whatToDo: string])[] = [
  [/^28/, 'database_credentials', 'correct user and password in DATABASE_URL or WRIT_MIGRATE_DATABASE_URL'],
  [/^3D000$/, 'database_missing', 'make that database, or correct its name in DATABASE_URL'],
  [/^42501$/, 'database_rights', 'run `writ migrate` with WRIT_MIGRATE_DATABASE_URL naming the owner of the tables'],
  [/^53300$/, 'database_connections', 'end what holds its connections, or raise max_connections'],
  [/^E/, 'database_unreachable', 'start PostgreSQL, or correct host and port in DATABASE_URL'],
];

/** Every code that a fault may have. */
export const START_FAULTS: readonly string[] = [
  ...KNOWN.map(([, code]) => code),
  ...STORE.map(([, code]) => code),
  'database_unavailable',
  'unforeseen',
];

/** @param error whatever ended the start. No value of a variable is in the answer */
export function startFault(error: unknown): StartFault {
  const known = KNOWN.find(([kind]) => error instanceof kind);
  if (known !== undefined) return { code: known[1], message: wordsOf(error), whatToDo: known[2], stack: null };
  const cause = storeCause(error);
  const store = cause === null ? undefined : STORE.find(([code]) => code.test(cause.code));
  if (cause !== null && store !== undefined)
    return { code: store[1], message: `the database cannot be used: ${cause.words}`, whatToDo: store[2], stack: null };
  if (isUnavailable(error))
    return {
      code: 'database_unavailable',
      message: `the database cannot be used: ${cause?.words ?? wordsOf(error)}`,
      whatToDo: 'see that PostgreSQL answers, then start again',
      stack: null,
    };
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  return { code: 'unforeseen', message: wordsOf(error), whatToDo: null, stack };
}

/**
 * The text for stderr.
 * @param json one line of the log, as all others are; otherwise sentences for somebody at a terminal
 */
export function reportedFault({ code, message, whatToDo, stack }: StartFault, json: boolean): string {
  const said = `Writ cannot start: ${message}`;
  if (!json) {
    const lines = [
      said,
      ...(whatToDo === null ? [] : [`What to do: ${whatToDo}.`]),
      ...(stack === null ? [] : [stack]),
    ];
    return redact(`${lines.join('\n')}\n`);
  }
  let line = '';
  new JsonLog('fatal', (text) => (line = text)).line('fatal', said, {
    code,
    ...(whatToDo === null ? {} : { what_to_do: whatToDo }),
    ...(stack === null ? {} : { stack }),
  });
  return line;
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
