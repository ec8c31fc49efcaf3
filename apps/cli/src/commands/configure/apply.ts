import { relative } from 'node:path';
import { catalogDifferences } from '#escalations/configure/catalog-differences.js';
import { configurationChanges } from '#escalations/configure/configuration-changes.js';
import { checkPolicies } from '#escalations/judge/configuration-in-force.js';
import type { NewConfiguration } from '#escalations/judge/configuration-store.js';
import type { ReadCatalog } from '#platform/config/catalog/writ-yaml.js';
import type { UseCases } from '#persistence/use-cases.js';
import { policySetDiff } from '#policy/policy-set-diff.js';
import { configFolder, readArguments } from '../../arguments.js';
import type { Command, CommandContext } from '../../command.js';
import { readToApply, readToCheck } from '../../configuration.js';
import { withDatabase } from '../../database.js';
import { catalogLines, diffLines, weighingLines } from '../../plan-text.js';
import { applyNow, tellChanges } from '../../apply-now.js';
import { readAfterApply, readBeforeApply, weigh, type BeforeApply } from '../../plan.js';

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
    return withDatabase(environment, async (cases) => {
      if (values['dry-run'] === true) return tellPlan(cases, checked, context);
      const next = toApply(readToApply(environment, configDir));
      const readings = {
        before: () => readBeforeApply(cases, next),
        after: (before: BeforeApply) => readAfterApply(cases, before),
      };
      const changed = await applyNow(cases.configurationStore, readings, next, context);
      const folder = relative(context.cwd, configDir) || configDir;
      if (changed) context.remark(`In force: ${folder}, policies ${checked.policyVersion}`);
      return 0;
    });
  },
};

async function tellPlan(cases: UseCases, next: NewConfiguration, context: CommandContext): Promise<number> {
  const { before, weighing } = await weigh(cases, next);
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

/** What is to be in force, of a folder that was read. @throws PoliciesRefused with every fault of the policies */
export function toApply({ catalog, policies, sha256 }: ReadCatalog, odd?: (line: string) => void): NewConfiguration {
  return { catalog, policies, sha256, policyVersion: checkPolicies(policies, catalog, odd) };
}
