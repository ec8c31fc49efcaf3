import { readArguments } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { jsonText, table } from '../../text.js';

/** The agents of the configuration in force, with what only the database knows of them. */
export const agentsList: Command = {
  usage: '[--json]',
  help: ['  --json  print {"items"} instead of a table'],
  async run(args, context) {
    const { values } = readArguments(args, { json: { type: 'boolean' } });
    const items = await withDatabase(context.environment(), async ({ store: { read }, configurationStore }) => {
      const applied = await configurationStore.current();
      if (applied === null) throw new CommandFailed('no configuration was ever applied; run writ apply');
      return Promise.all(
        applied.catalog.agents.map(async ({ id, name, owner, groups }) => {
          const row = await read.agents.living(id);
          const facts = row === null ? null : await read.agents.facts(row.uid, []);
          return {
            id,
            name,
            owner,
            groups,
            suspended: row?.suspended ?? true,
            open_grants: facts?.open_grants ?? 0,
            recent_denials: facts?.recent_denials ?? 0,
          };
        }),
      );
    });
    if (values.json === true) {
      context.out(jsonText({ items }));
      return 0;
    }
    const rows = items.map((agent) => [
      agent.id,
      agent.suspended ? 'suspended' : 'active',
      agent.owner,
      agent.groups.join(', ') || '-',
      agent.open_grants,
      agent.recent_denials,
      agent.name,
    ]);
    for (const line of table(['AGENT', 'STATE', 'OWNER', 'GROUPS', 'OPEN GRANTS', 'DENIED IN 24 H', 'NAME'], rows))
      context.out(line);
    return 0;
  },
};
