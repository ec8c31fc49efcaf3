import { relative } from 'node:path';
import { catalogDifferences } from '#escalations/catalog-differences.js';
import { configurationChanges } from '#escalations/configuration-changes.js';
import { checkPolicies } from '#escalations/live-registry.js';
import type { ConfigurationChange, NewConfiguration } from '#escalations/configuration-store.js';
import type { ReadCatalog } from '#platform/config/writ-yaml.js';
import type { Journal } from '#persistence/journal.js';
import type { DatabasePool } from '#persistence/pool.js';
import { PostgresConfigurationStore } from '#persistence/postgres-configuration-store.js';
import type { SealedConfigurations } from '#persistence/sealed-configurations.js';
import { policySetDiff } from '#policy/policy-set-diff.js';
import { configFolder, readArguments } from '../arguments.js';
import type { Command, CommandContext } from '../command.js';
import { readToApply, readToCheck } from '../configuration.js';
import { withDatabase } from '../database.js';
import { catalogLines, diffLines, grantLines, weighingLines } from '../plan-text.js';
import { standingAfter, standingBefore, weigh } from '../plan.js';
import { count, inertLine } from '../text.js';

/** Puts the configuration folder in force: everything or nothing, each change in the history. */
export const apply: Command = {
  usage: '[--config DIR] [--dry-run]',
  help: [
    '  --config DIR  folder with writ.yaml and policies/ (WRIT_CONFIG)',
    '  --dry-run     tell the changes and what they would mean, and make none',
    '',
    'Faults are told all at once, and then nothing changes. What left the file is retired, never deleted: a retired agent',
    'is suspended for ever, a member that left loses eligibility at once.',
    '',
    'A dry run shows each policy that differs as a diff, which live grants and open requests would end, and which of the',
    'last 1,000 requests would come out otherwise, decided again from the facts of then. It ends after twenty seconds and',
    'says what it did not come to.',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { config: { type: 'string' }, 'dry-run': { type: 'boolean' } });
    const environment = context.environment();
    const configDir = configFolder(values.config, context);
    // Faults are told whether or not a database is there, and before any key is made.
    const checked = toApply(readToCheck(environment, configDir), (odd) => context.remark(`odd: ${odd}`));
    return withDatabase(environment, async (pool, configurations, journal) => {
      if (values['dry-run'] === true) return tellPlan(pool, configurations, checked, context);
      const next = toApply(readToApply(environment, configDir));
      const changed = await applyNow({ pool, configurations, journal }, next, context);
      const folder = relative(context.cwd, configDir) || configDir;
      if (changed) context.remark(`In force: ${folder}, policies ${checked.policyVersion}`);
      return 0;
    });
  },
};

interface Opened {
  readonly pool: DatabasePool;
  readonly configurations: SealedConfigurations;
  readonly journal: Journal;
}

/** True when anything changed. What it ended is looked at afterwards: an apply may be urgent. */
async function applyNow(
  { pool, configurations, journal }: Opened,
  next: NewConfiguration,
  context: CommandContext,
): Promise<boolean> {
  const standing = await standingBefore(pool, next);
  const store = new PostgresConfigurationStore(pool, journal, configurations);
  const changes = await store.apply(next, context.actor);
  tellChanges(changes, context);
  if (changes.length === 0) return false;
  const { grants, cancelled } = await standingAfter(pool, configurations, standing);
  if (grants.total > 0) for (const line of grantLines(grants, 'stopped')) context.out(line);
  if (cancelled > 0) context.out(`open requests: cancelled ${count(cancelled, 'request')}`);
  return true;
}

async function tellPlan(
  pool: DatabasePool,
  configurations: SealedConfigurations,
  next: NewConfiguration,
  context: CommandContext,
): Promise<number> {
  const { before, weighing } = await weigh(pool, configurations, next);
  const changes = configurationChanges(before, next);
  tellChanges(changes, context);
  if (changes.length === 0) return 0;
  // Where nothing was ever in force all is new, as the list says.
  const lines =
    before === null
      ? []
      : [
          ...diffLines(policySetDiff(before.policies, next.policies)),
          ...catalogLines(catalogDifferences(before.catalog, next.catalog)),
          ...weighingLines(weighing),
        ];
  for (const line of lines) context.out(line);
  context.remark('Nothing was changed: this was a dry run.');
  return 0;
}

function tellChanges(changes: readonly ConfigurationChange[], { out }: CommandContext): void {
  for (const change of changes) out(inertLine(wordsOf(change)));
  if (changes.length === 0) out('nothing to change');
}

/** What is to be in force, of a folder that was read. @throws PoliciesRefused with every fault of the policies */
export function toApply({ catalog, policies, sha256 }: ReadCatalog, odd?: (line: string) => void): NewConfiguration {
  return { catalog, policies, sha256, policyVersion: checkPolicies(policies, catalog, odd) };
}

/** `agent added support-bot`; the limits are one thing and have no name. */
export function wordsOf({ kind, change, id }: ConfigurationChange): string {
  return kind === 'limits' ? `limits ${change}` : `${kind} ${change} ${id}`;
}
