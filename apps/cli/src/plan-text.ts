import type { CatalogDifference } from '#escalations/configure/catalog-differences.js';
import type { ConfigurationReplay, ReplayedOutcome } from '#escalations/configure/replay-configuration.js';
import type { StoppedGrant, WeighedGrants, Weighing } from '#escalations/configure/weigh-configuration.js';
import type { PolicyDifference } from '#policy/policy-set-diff.js';
import { count, inertLine, table } from './text.js';

/** Shown by id; of the rest the number. */
const EXAMPLES_MAX = 10;

/** The policies that differ, each as a unified diff. */
export function diffLines(policies: readonly PolicyDifference[]): string[] {
  return policies.flatMap(({ policy, change, file, diff }) => {
    if (change === 'moved') return ['', `policy ${inertLine(policy ?? '')} moved to ${inertLine(file)}`];
    // A tab is no secret, and a terminal shows it.
    const lines = diff.trimEnd().split('\n');
    return ['', ...lines.map((line) => inertLine(line.replaceAll('\t', '    ')))];
  });
}

/** What differs in `writ.yaml`, place by place; what came or went whole stands in the list of changes already. */
export function catalogLines(differences: readonly CatalogDifference[]): string[] {
  return differences
    .filter(({ details }) => details.length > 0)
    .flatMap(({ kind, id, details }) => [
      '',
      kind === 'limits' ? 'limits' : inertLine(`${kind} ${id}`),
      ...details.map((line) => inertLine(`  ${line}`)),
    ]);
}

/** What a dry run found would become of everything. */
export function weighingLines({ grants, open, cancelled, replay }: Weighing): string[] {
  return [
    '',
    ...grantLines(grants, 'would stop'),
    cancelled === 0
      ? `open requests: none of ${open} would be cancelled`
      : `open requests: would cancel ${cancelled} of ${open}`,
    ...replayLines(replay),
  ];
}

/** @param stop `would stop` or `stopped`; names up to ten of the grants */
export function grantLines({ total, judged, stopped }: WeighedGrants, stop: string): string[] {
  const looked = judged === total ? `${total}` : `the ${judged} that were looked at, of ${total}`;
  if (stopped.length === 0) return [`live grants: ${stop} none of ${looked}`];
  return [
    `live grants: ${stop} ${stopped.length} of ${looked}${stopped.length === 0 ? '' : `: ${howWords(stopped)}`}`,
    ...stopped.slice(0, EXAMPLES_MAX).map((grant) => inertLine(`  ${grant.id}  ${grant.agentId} on ${grant.resource}`)),
    ...(stopped.length > EXAMPLES_MAX ? [`  and ${stopped.length - EXAMPLES_MAX} more`] : []),
  ];
}

const HOW: Readonly<Record<StoppedGrant['how'], string>> = {
  live: 'end (on_policy_change: live)',
  new_uses: 'are not used, renewed or collected any more (on_policy_change: new_uses)',
  gone: 'are refused, since the catalogue does not have them so',
};

function howWords(stopped: readonly StoppedGrant[]): string {
  const kinds = (['live', 'new_uses', 'gone'] as const).map(
    (how) => [how, stopped.filter((one) => one.how === how)] as const,
  );
  return kinds
    .filter(([, of]) => of.length > 0)
    .map(([how, of]) => `${of.length} ${HOW[how]}`)
    .join(', ');
}

const OUTCOMES: Readonly<Record<ReplayedOutcome, string>> = {
  allowed: 'allowed',
  asks_people: 'asks people',
  denied: 'denied',
  refused: 'not in the catalogue',
};

function replayLines({ considered, differences }: ConfigurationReplay): string[] {
  const of = `of the last ${count(considered, 'request')}`;
  if (differences.length === 0) return [`requests: ${of}, none would come out otherwise`];
  const kinds = new Map<string, { from: ReplayedOutcome; to: ReplayedOutcome; number: number }>();
  for (const { from, to } of differences) {
    const kind = kinds.get(`${from} ${to}`) ?? { from, to, number: 0 };
    kinds.set(`${from} ${to}`, { ...kind, number: kind.number + 1 });
  }
  const rows = [...kinds.values()]
    .sort((a, b) => b.number - a.number)
    .map(({ from, to, number }) => [OUTCOMES[from], from === to ? 'the same, on other terms' : OUTCOMES[to], number]);
  const examples = differences.slice(0, EXAMPLES_MAX).map(({ id, agentId, actions, from, to, rules }) => {
    const because = rules.length === 0 ? '' : ` (${rules.join(', ')})`;
    const change = from === to ? `${OUTCOMES[from]}, on other terms` : `${OUTCOMES[from]} → ${OUTCOMES[to]}`;
    return inertLine(`  ${id}  ${agentId} ${actions.join(', ')}: ${change}${because}`);
  });
  return [
    `requests: ${of}, ${differences.length} would come out otherwise than under what is in force`,
    ...table(['NOW', 'THEN', 'REQUESTS'], rows).map((line) => `  ${line}`),
    '  such as',
    ...examples,
  ];
}
