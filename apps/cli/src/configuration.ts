import {
  ensureDevelopmentKeys,
  idsWithDevelopmentKeys,
  makesDevelopmentKeys,
} from '#platform/config/catalog/development-keys.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { readCatalog, type ReadCatalog } from '#platform/config/catalog/writ-yaml.js';

export { readToCheck } from '#platform/config/catalog/read-to-check.js';

/**
 * The configuration that would be applied; with the development keys where a start makes them.
 * @throws ConfigurationError with every problem of the folder
 */
export function readToApply(environment: WritEnvironment, configDir: string): ReadCatalog {
  if (makesDevelopmentKeys(environment)) ensureDevelopmentKeys(environment.dataDir, idsWithDevelopmentKeys(configDir));
  return readCatalog(configDir, environment.dataDir);
}
