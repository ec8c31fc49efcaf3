import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDevelopmentKeys, idsWithDevelopmentKeys } from '#platform/config/development-keys.js';
import type { WritEnvironment } from '#platform/config/environment.js';
import { readCatalog, type ReadCatalog } from '#platform/config/writ-yaml.js';

/**
 * The configuration that would be applied; on the embedded default with the development keys that a start makes.
 * @throws ConfigurationError with every problem of the folder
 */
export function readToApply(environment: WritEnvironment, configDir: string): ReadCatalog {
  const embedded = environment.database.kind === 'embedded';
  if (embedded) ensureDevelopmentKeys(environment.dataDir, idsWithDevelopmentKeys(configDir));
  return readCatalog(configDir, environment.dataDir);
}

/**
 * The same for looking only: development keys that no start has made yet are made in a folder that is thrown away,
 * so that a check leaves nothing behind. Policies never read keys.
 */
export function readToCheck(environment: WritEnvironment, configDir: string): ReadCatalog {
  const ids = environment.database.kind === 'embedded' ? idsWithDevelopmentKeys(configDir) : [];
  const made = (id: string): boolean => existsSync(join(environment.dataDir, 'keys', `${id}.jwks.json`));
  if (ids.every(made)) return readCatalog(configDir, environment.dataDir);
  const scratch = mkdtempSync(join(tmpdir(), 'writ-check-'));
  try {
    ensureDevelopmentKeys(scratch, ids);
    return readCatalog(configDir, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
