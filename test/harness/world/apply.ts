import { checkPolicies } from '#escalations/judge/configuration-in-force.js';
import type { ConfigurationChange } from '#escalations/judge/configuration-store.js';
import { createPool } from '#persistence/connection/pool.js';
import { PostgresConfigurationStore } from '#persistence/configure/postgres-configuration-store.js';
import { readCatalog } from '#platform/config/catalog/writ-yaml.js';
import { journalOf } from './journal.js';
import { judging, sealedOf } from './sealed.js';
import type { Config, World } from './world.js';

/** Rewrites the world's configuration and applies it, as `npx writ apply` run by olga would. */
export async function applyConfig(
  world: World,
  change: (config: Config) => void,
  policies?: string,
): Promise<readonly ConfigurationChange[]> {
  world.writeConfig(change, policies);
  const { catalog, policies: files, sha256 } = readCatalog(world.configDir, world.configDir);
  const pool = judging(createPool(world.database.url, { max: 1 }), world);
  const next = { catalog, policies: files, sha256, policyVersion: checkPolicies(files, catalog) };
  return new PostgresConfigurationStore(pool, journalOf(world), sealedOf(world))
    .apply(next, { kind: 'person', id: 'olga' })
    .finally(() => pool.end());
}
