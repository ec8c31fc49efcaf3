import { PoliciesRefused } from '#escalations/judge/configuration-in-force.js';
import { PolicyEngine } from '#policy/engine.js';
import { describeFault } from '#policy/load.js';
import { configFolder, readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { readToCheck } from '../../configuration.js';
import { count, shownPath } from '../../text.js';

/** Says everything that is wrong with a configuration folder, without a database. */
export const policyCheck: Command = {
  usage: '[--config DIR]',
  help: [
    '  --config DIR  folder with writ.yaml and policies/ (WRIT_CONFIG)',
    '',
    'Needs no database and changes nothing. Exit code 1 when anything is refused.',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { config: { type: 'string' } });
    const configDir = configFolder(values.config, context);
    const { catalog, policies } = readToCheck(context.environment(), configDir);
    const engine = PolicyEngine.create(policies, catalog);
    if (!(engine instanceof PolicyEngine)) throw new PoliciesRefused(engine);
    for (const warning of engine.warnings) context.remark(`odd: ${describeFault(warning)}`);
    context.out(
      `${shownPath(configDir, context.cwd)} is in order: ${engine.policies.length} policies over ${count(catalog.resources.length, 'resource')} (${engine.version})`,
    );
    return 0;
  },
};
