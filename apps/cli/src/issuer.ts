import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { readRunningIssuer } from '#platform/config/environment/running-issuer.js';
import { CommandFailed } from './command.js';

/**
 * How the broker is called: its own word on an embedded database, where the port may be any, otherwise the environment's.
 * Refuses with `CommandFailed` when neither says it.
 */
export function issuerOf({ database, dataDir, issuer }: WritEnvironment): string {
  const known = (database.kind === 'embedded' ? readRunningIssuer(dataDir) : null) ?? issuer;
  if (known !== null) return known;
  throw new CommandFailed(
    'the issuer is not known: wait until the broker is ready, or set WRIT_PORT to the port that it listens on',
  );
}
