import { relative } from 'node:path';
import { configurationChanges } from '#escalations/configuration-changes.js';
import { checkPolicies } from '#escalations/live-registry.js';
import type { ConfigurationChange, NewConfiguration } from '#escalations/configuration-store.js';
import type { ReadCatalog } from '#platform/config/writ-yaml.js';
import { PostgresConfigurationStore } from '#persistence/postgres-configuration-store.js';
import { configFolder, readArguments } from '../arguments.js';
import type { Command } from '../command.js';
import { readToApply, readToCheck } from '../configuration.js';
import { withDatabase } from '../database.js';

/** Puts the configuration folder in force: everything or nothing, each change in the history. */
export const apply: Command = {
  usage: '[--config DIR] [--dry-run]',
  help: [
    '  --config DIR  folder with writ.yaml and policies/ (WRIT_CONFIG)',
    '  --dry-run     tell the changes and make none',
    '',
    'Faults are told all at once, and then nothing changes. What left the file is retired, never deleted: a retired agent',
    'is suspended for ever, a member that left loses eligibility at once.',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { config: { type: 'string' }, 'dry-run': { type: 'boolean' } });
    const environment = context.environment();
    const configDir = configFolder(values.config, context);
    const dryRun = values['dry-run'] === true;
    // Faults are told whether or not a database is there, and before any key is made.
    const checked = toApply(readToCheck(environment, configDir), (odd) => context.remark(`odd: ${odd}`));
    const changes = await withDatabase(environment, async (pool, configurations, journal) => {
      const store = new PostgresConfigurationStore(pool, journal, configurations);
      if (dryRun) return configurationChanges(await store.current(), checked);
      return store.apply(toApply(readToApply(environment, configDir)), context.actor);
    });
    for (const change of changes) context.out(wordsOf(change));
    if (changes.length === 0) context.out('nothing to change');
    else if (dryRun) context.remark('Nothing was changed: this was a dry run.');
    else
      context.remark(`In force: ${relative(context.cwd, configDir) || configDir}, policies ${checked.policyVersion}`);
    return 0;
  },
};

/** @throws PoliciesRefused with every fault of the policies */
function toApply({ catalog, policies, sha256 }: ReadCatalog, odd?: (line: string) => void): NewConfiguration {
  return { catalog, policies, sha256, policyVersion: checkPolicies(policies, catalog, odd) };
}

/** `agent added support-bot`; the limits are one thing and have no name. */
export function wordsOf({ kind, change, id }: ConfigurationChange): string {
  return kind === 'limits' ? `limits ${change}` : `${kind} ${change} ${id}`;
}
