import { isRefusal } from '#domain/refusal.js';
import { readArguments, readReason } from '../../arguments.js';
import { CommandFailed, type Command, type CommandContext } from '../../command.js';
import { withDatabase } from '../../database.js';
import { inertLine } from '../../text.js';

/** The emergency stop for one agent. */
export const agentsSuspend: Command = {
  usage: '<id> [--reason TEXT]',
  help: ['  --reason TEXT  kept in the history'],
  run: (args, context) => setSuspended(args, context, true),
};

/** Lets a suspended agent ask again. */
export const agentsResume: Command = {
  usage: '<id> [--reason TEXT]',
  help: ['  --reason TEXT  kept in the history'],
  run: (args, context) => setSuspended(args, context, false),
};

async function setSuspended(args: readonly string[], context: CommandContext, suspended: boolean): Promise<number> {
  const { values, positionals } = readArguments(args, { reason: { type: 'string' } }, ['<id>']);
  const [id = ''] = positionals;
  const reason = readReason(values.reason);
  await withDatabase(context.environment(), async ({ store, suspendAgent }) => {
    const before = await store.read.agents.living(id);
    const done = await (suspended
      ? suspendAgent.suspend(id, context.actor, reason)
      : suspendAgent.resume(id, context.actor, reason));
    if (isRefusal(done)) throw new CommandFailed(`there is no agent "${inertLine(id)}"; writ agents list shows them`);
    context.out(outcome(id, suspended, before?.suspended === suspended));
  });
  return 0;
}

function outcome(id: string, suspended: boolean, wasSo: boolean): string {
  if (wasSo) return suspended ? `${id} was suspended already` : `${id} was not suspended`;
  return suspended
    ? `${id} is suspended: what it held and asked has ended`
    : `${id} may ask again; what it held stays ended`;
}
