import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ensureDevelopmentKeys,
  idsWithDevelopmentKeys,
  makesDevelopmentKeys,
} from '#platform/config/development-keys.js';
import type { WritEnvironment } from '#platform/config/environment.js';
import { readCatalog, type ReadCatalog } from '#platform/config/writ-yaml.js';

/**
 * The configuration that would be applied; with the development keys where a start makes them.
 * @throws ConfigurationError with every problem of the folder
 */
export function readToApply(environment: WritEnvironment, configDir: string): ReadCatalog {
  if (makesDevelopmentKeys(environment)) ensureDevelopmentKeys(environment.dataDir, idsWithDevelopmentKeys(configDir));
  return readCatalog(configDir, environment.dataDir);
}

/**
 * The same for looking only: development keys that no start has made yet are made in a folder that is thrown away, so
 * that a check leaves nothing behind.
 */
export function readToCheck(environment: WritEnvironment, configDir: string): ReadCatalog {
  const ids = makesDevelopmentKeys(environment) ? idsWithDevelopmentKeys(configDir) : [];
  const keys = join(environment.dataDir, 'keys');
  if (ids.every((id) => existsSync(join(keys, `${id}.jwks.json`)))) return readCatalog(configDir, environment.dataDir);
  const scratch = mkdtempSync(join(tmpdir(), 'writ-check-'));
  try {
    if (existsSync(keys)) cpSync(keys, join(scratch, 'keys'), { recursive: true, filter: holdsNoPrivateKey });
    ensureDevelopmentKeys(scratch, ids);
    return readCatalog(configDir, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function holdsNoPrivateKey(path: string): boolean {
  return !path.endsWith('.private.jwk.json');
}
