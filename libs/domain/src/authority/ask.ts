import type { EscalationRequest, ToolCall } from './authorization-details.js';
import { canonicalJson } from './canonical-json.js';
import { sha256Of } from './digest.js';
import { elementWithin } from './narrowing.js';

type Asked = Pick<EscalationRequest, 'resource' | 'authorization_details'>;

/**
 * What makes two asks the same: the set of what they ask for, each a resource, an action, an identifier and arguments.
 * Order and repetition say nothing, nor does how actions are put together into elements, for how long or how often it is
 * asked, in which words, for which task: an agent that changes those asks the same, and meets the same denials.
 */
export function askHash({ resource, authorization_details }: Asked): string {
  const parts = singleCalls(authorization_details).map((call) =>
    canonicalJson({
      action: call.actions[0],
      identifier: call.identifier ?? null,
      arguments: call.arguments ?? null,
    }),
  );
  return sha256Of({ v: 2, resource, parts: [...new Set(parts)].sort() });
}

/** Every action of every element by itself. */
function singleCalls(details: readonly ToolCall[]): ToolCall[] {
  return details.flatMap((element) => element.actions.map((action) => ({ ...element, actions: [action] })));
}

/** An ask that people denied, and when (epoch ms). */
export interface DeniedAsk {
  readonly authorization_details: readonly ToolCall[];
  readonly at: number;
}

/** How often something was denied, and when last. */
export interface Denials {
  readonly count: number;
  readonly lastAt: number;
}

/**
 * How often each part of an ask was denied, with this or with something else: whoever asks for {a, b} after {a} was denied
 * asks for a again, and so does whoever asks for {a, c} after {a, b}. A part that is wider than what was denied contains
 * it; one that is narrower is less, and asks for nothing that was denied.
 * @param denied asks of the same resource
 */
export function denialsMet({ authorization_details }: Asked, denied: readonly DeniedAsk[]): Denials[] {
  const before = denied.map(({ authorization_details: details, at }) => ({ calls: singleCalls(details), at }));
  return singleCalls(authorization_details).flatMap((call) => {
    const met = before.filter(({ calls }) => calls.some((one) => elementWithin(one, call)));
    return met.length === 0 ? [] : [{ count: met.length, lastAt: Math.max(...met.map(({ at }) => at)) }];
  });
}

/** Longer than an hour teaches an agent nothing more. */
const BACK_OFF_SECONDS_MAX = 3_600;

/** A second try with a better reason is fair; a third is not a misunderstanding. */
const DENIALS_WITHOUT_WAIT = 2;

/**
 * Seconds that an agent waits after the `denials`-th denial of one and the same ask: none after the first two, then
 * `first`, and twice as long after each further one, at most an hour. `first` 0: no back-off.
 */
export function backOffSeconds(denials: number, first: number): number {
  if (denials <= DENIALS_WITHOUT_WAIT || first === 0) return 0;
  return Math.min(BACK_OFF_SECONDS_MAX, first * 2 ** Math.min(denials - DENIALS_WITHOUT_WAIT - 1, 12));
}
