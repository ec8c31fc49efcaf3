import { checkPolicies } from '#escalations/judge/configuration-in-force.js';
import type { ConfigurationChange } from '#escalations/judge/configuration-store.js';
import { createPool } from '#persistence/connection/pool.js';
import { readCatalog } from '#platform/config/catalog/writ-yaml.js';
import { useCasesOf } from './sealed.js';
import type { Config, World } from './world.js';

/** Rewrites the world's configuration and applies it, as `npx writ apply` run by olga would. */
export async function applyConfig(
  world: World,
  change: (config: Config) => void,
  policies?: string,
): Promise<readonly ConfigurationChange[]> {
  world.writeConfig(change, policies);
  const { catalog, policies: files, sha256 } = readCatalog(world.configDir, world.configDir);
  const pool = createPool(world.database.url, { max: 1 });
  const next = { catalog, policies: files, sha256, policyVersion: checkPolicies(files, catalog) };
  return useCasesOf(world, pool)
    .configurationStore.apply(next, { kind: 'person', id: 'olga' })
    .finally(() => pool.end());
}
