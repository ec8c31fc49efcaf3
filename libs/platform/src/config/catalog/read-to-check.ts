import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDevelopmentKeys, idsWithDevelopmentKeys, makesDevelopmentKeys } from './development-keys.js';
import type { WritEnvironment } from '../environment/environment.js';
import { readCatalog, type ReadCatalog } from './writ-yaml.js';

type CheckedBy = Pick<WritEnvironment, 'dataDir' | 'database' | 'issuer'>;

/**
 * A configuration folder for looking only: development keys that no start has made yet are made in a folder that is
 * thrown away, so that a check leaves nothing behind.
 * @throws ConfigurationError with every problem of the folder
 */
export function readToCheck(environment: CheckedBy, configDir: string): ReadCatalog {
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
