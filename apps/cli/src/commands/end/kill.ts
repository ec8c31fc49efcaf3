import { isRefusal } from '#domain/refusal.js';
import { KILL_KINDS, type StopKind, type Reach } from '#escalations/end/stop-orders.js';
import { readArguments, readReason } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withKeys } from '../../keys.js';
import { count, inertLine } from '../../text.js';

const UNKNOWN = 'how much ended could not be counted in time';

type Words = (id: string, reach: Reach) => string;

const ENDED: Readonly<Record<StopKind, Words>> = {
  agent: (id, reach) => `${id} is suspended: ${gone(reach)}`,
  task: (id, reach) => `${id} is over: ${gone(reach)}`,
  approver: (id, { approvals, grants, asks }) =>
    approvals === 0
      ? `${id} had no approval that still counted: nothing was left to end`
      : `${count(approvals, 'approval')} of ${id} ${approvals === 1 ? 'counts' : 'count'} no more: ${count(grants, 'live grant')} ended, ${count(asks, 'ask')} lost that vote`,
  key: (id, { grants }) =>
    `${id} is compromised, its tokens count no more: ${grants === 0 ? 'no live grant had one' : `${count(grants, 'live grant')} ended`}`,
};

/** The switch is thrown all the same. */
const UNCOUNTED: Readonly<Record<StopKind, (id: string) => string>> = {
  agent: (id) => `${id} is suspended: ${UNKNOWN}`,
  task: (id) => `${id} is over: ${UNKNOWN}`,
  approver: (id) => `approvals of ${id} until now count no more: ${UNKNOWN}`,
  key: (id) => `${id} is compromised, its tokens count no more: ${UNKNOWN}`,
};

function gone({ grants, asks }: Reach): string {
  if (grants + asks === 0) return 'nothing was left to end';
  return `${count(grants, 'live grant')} and ${count(asks, 'open ask')} ended`;
}

/** What a switch that was thrown has ended, on one line. @param reach `null` where it could not be counted */
export function killedWords(kind: StopKind, id: string, reach: Reach | null): string {
  return reach === null ? UNCOUNTED[kind](id) : ENDED[kind](id, reach);
}

/** The emergency stop, whatever is to stop. */
export const kill: Command = {
  usage: '<kind> <id> --reason TEXT',
  help: [
    '  <kind>         agent, task, approver or key',
    '  <id>           the agent; <agent>/<task id>; the person; the kid',
    '  --reason TEXT  kept in the history, 1 to 500 characters',
    '  What has ended never comes back. An agent stays suspended until writ agents resume.',
  ],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { reason: { type: 'string' } }, ['<kind>', '<id>']);
    const [kind = '', id = ''] = positionals;
    if (!isKillKind(kind)) throw new UsageError(`<kind> must be one of ${KILL_KINDS.join(', ')}`);
    const reason = readReason(values.reason);
    if (reason === null) throw new UsageError('--reason is missing');
    await withKeys(context.environment(), async (cases, maker) => {
      const done = await cases.killSwitch(maker).execute({ kind, id, reason }, context.actor);
      if (isRefusal(done)) throw new CommandFailed(`there is no ${kind} "${inertLine(id)}"`);
      context.out(killedWords(kind, inertLine(id), done.ended));
    });
    return 0;
  },
};

function isKillKind(word: string): word is StopKind {
  return (KILL_KINDS as readonly string[]).includes(word);
}
