import { WebhookSecrets } from '#tokens/webhook-secrets.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { readToCheck } from '../../configuration.js';
import { masterKeyOf } from '../../master-key.js';

/** Prints what a receiver of webhooks verifies with. */
export const webhooksSecret: Command = {
  usage: '<group>',
  help: [
    'One line for each URL: the URL and its secret, as Standard Webhooks writes it (whsec_…).',
    '',
    'The secrets are derived from WRIT_MASTER_KEY: run this where the broker’s own environment is. They are stored nowhere.',
  ],
  async run(args, context) {
    const { positionals } = readArguments(args, {}, ['<group>']);
    const environment = context.environment();
    const { catalog } = readToCheck(environment, environment.configDir);
    const group = catalog.groups.find(({ id }) => id === positionals[0]);
    if (group === undefined) throw new CommandFailed(`there is no group ${positionals[0]} in writ.yaml`);
    const urls = (group.notify ?? []).flatMap((target) => (target.kind === 'webhook' ? [target.url] : []));
    if (urls.length === 0) throw new CommandFailed(`group ${group.id} has no webhook under notify`);
    const secrets = new WebhookSecrets(masterKeyOf(environment));
    for (const url of urls) context.out(`${url}  ${secrets.textOf(group.id, url)}`);
    context.remark('Give each secret to its receiver alone; it signs as this broker.');
    return Promise.resolve(0);
  },
};
