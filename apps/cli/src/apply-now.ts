import type {
  ConfigurationChange,
  ConfigurationStore,
  NewConfiguration,
} from '#escalations/judge/configuration-store.js';
import { inTime } from '#escalations/end/in-time.js';
import type { WeighedGrants } from '#escalations/configure/weigh-configuration.js';
import type { CommandContext } from './command.js';
import type { BeforeApply } from './plan.js';
import { grantLines } from './plan-text.js';
import { count, inertLine } from './text.js';

/** An apply may be urgent. */
const BEFORE_MS = 2_000;
/** Longer than the weighing gives itself, with the statement that it is at. */
const AFTER_MS = 30_000;

/** Ways to look at what an apply ends: before it, and again after it. */
export interface ApplyReadings {
  before(): Promise<BeforeApply>;
  after(before: BeforeApply): Promise<{ readonly grants: WeighedGrants; readonly cancelled: number }>;
}

/**
 * Applies, and tells what changed and what that ended. Only the store decides: where what ended cannot be counted, that is
 * remarked.
 * @returns true when anything changed
 */
export async function applyNow(
  store: Pick<ConfigurationStore, 'apply'>,
  readings: ApplyReadings,
  next: NewConfiguration,
  context: CommandContext,
): Promise<boolean> {
  const before = await inTime(BEFORE_MS, () => readings.before());
  const changes = await store.apply(next, context.actor);
  tellChanges(changes, context);
  if (changes.length === 0) return false;
  const ended = before === null ? null : await inTime(AFTER_MS, () => readings.after(before));
  if (ended === null) {
    context.remark('What it ended could not be counted.');
    return true;
  }
  if (ended.grants.total > 0) for (const line of grantLines(ended.grants, 'stopped')) context.out(line);
  if (ended.cancelled > 0) context.out(`open requests: cancelled ${count(ended.cancelled, 'request')}`);
  return true;
}

/** One line for each change, or that there is none. */
export function tellChanges(changes: readonly ConfigurationChange[], { out }: Pick<CommandContext, 'out'>): void {
  for (const change of changes) out(inertLine(wordsOf(change)));
  if (changes.length === 0) out('nothing to change');
}

/** `agent added support-bot`; the limits are one thing and have no name. */
export function wordsOf({ kind, change, id }: ConfigurationChange): string {
  return kind === 'limits' ? `limits ${change}` : `${kind} ${change} ${id}`;
}
