import { startEmbeddedPostgres, type EmbeddedPostgres } from '#persistence/embedded/embedded-postgres.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';

/** The embedded PostgreSQL on its way up, or none where the database is somebody's own. */
export interface BegunDatabase {
  /** Rejects with what kept it from starting; `null`: there is none to start. */
  readonly started: Promise<EmbeddedPostgres | null>;
  /** Ends it, once it is up; safe to call twice, and where it never came up. */
  stop(): Promise<void>;
}

/** Begins to start what this process brings itself. @param say gets a line for each long step */
export function beginDatabase(environment: WritEnvironment, say: (line: string) => void): BegunDatabase {
  const started =
    environment.database.kind === 'external'
      ? Promise.resolve(null)
      : startEmbeddedPostgres({ dataDir: environment.dataDir, log: say });
  // Whoever waits for it is told; until somebody does, nobody is left out.
  const settled = started.catch(() => null);
  return { started, stop: async () => (await settled)?.stop() };
}
