import { canonicalJson } from '../authority/canonical-json.js';
import type { CatalogResource } from '../catalog.js';
import { visibleLine } from '../inert-text.js';
import type { Risk } from '../policy-decision.js';
import type { SaidArgument, SaidCall } from './said-call.js';
import { firstNames } from './short-words.js';

/** A call in words, each of its actions with the risk that the catalogue gives it. */
export interface RatedCall extends SaidCall {
  readonly actions: readonly (SaidCall['actions'][number] & { readonly risk: Risk })[];
}

/** One call of a request: the number by which it is called wherever it is shown, and its place in the request, from 0. */
export interface NumberedCall {
  readonly call: RatedCall;
  readonly number: number;
  readonly place: number;
}

const RISK_ORDER: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 };
const FREE = 'ANY (not limited by this request)';
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
/** Words that can be nothing but a formatted number or moment. */
const FORMATTED = /^[A-Za-z0-9 .,:()-]{1,100}$/;

/** Calls with the risks of the catalogue; an action that has left it has the risk of the whole request, never a lower one. */
export function ratedCalls(
  calls: readonly SaidCall[],
  resource: Pick<CatalogResource, 'actions'> | undefined,
  otherwise: Risk,
): RatedCall[] {
  const risks = new Map(resource?.actions.map(({ name, risk }) => [name, risk]));
  return calls.map((call) => ({
    ...call,
    actions: call.actions.map((said) => ({ ...said, risk: risks.get(said.action) ?? otherwise })),
  }));
}

/** Distinct actions of these calls, the most dangerous first. */
export function actionsByRisk(calls: readonly RatedCall[]): readonly RatedCall['actions'][number][] {
  const byName = new Map(calls.flatMap((call) => call.actions).map((said) => [said.action, said]));
  return [...byName.values()].sort((a, b) => RISK_ORDER[a.risk] - RISK_ORDER[b.risk] || (a.action < b.action ? -1 : 1));
}

/** The calls of a request in the order in which they are shown, the most dangerous first, numbered from 1. */
export function numberedCalls(calls: readonly RatedCall[]): NumberedCall[] {
  const rank = (call: RatedCall): number => Math.min(...call.actions.map(({ risk }) => RISK_ORDER[risk]));
  return calls
    .map((call, place) => ({ call, place }))
    .sort((a, b) => rank(a.call) - rank(b.call))
    .map((found, index) => ({ ...found, number: index + 1 }));
}

/** `refund.create [HIGH], payment.read [LOW]`: every action of one call, the most dangerous first. */
export function ratedActions(call: RatedCall): string {
  return actionsByRisk([call])
    .map(({ action, risk }) => `${visibleLine(action)} [${risk.toUpperCase()}]`)
    .join(', ');
}

/** `identifier: order/8812`, or that the request leaves it free. */
export function identifierLine({ identifier }: SaidCall): string {
  return `identifier: ${identifier === null ? FREE : visibleLine(identifier)}`;
}

/**
 * `amount 4000 (40.00 EUR)`: the argument's name, the value as canonical JSON, which no value can end or continue, and
 * beside it what its format makes of it. Always one line.
 */
export function argumentWords({ name, title, value, shown }: SaidArgument): string {
  const plain = NAME.test(name) ? name : visibleLine(canonicalJson(name));
  const called =
    title === null || title.toLowerCase() === name.toLowerCase() ? plain : `${visibleLine(title)} (${plain})`;
  const formatted = shown === null || FORMATTED.test(shown) ? shown : visibleLine(canonicalJson(shown));
  return `${called} ${visibleLine(canonicalJson(value))}${formatted === null ? '' : ` (${formatted})`}`;
}

/** `amount 4000 (40.00 EUR), order "8812"`: those that policy reads first; or that there are none, or any. */
export function argumentsWords(call: SaidCall): string {
  if (call.arguments === null) return `arguments: ${FREE}`;
  return call.arguments.length === 0 ? 'no arguments' : call.arguments.map(argumentWords).join(', ');
}

/**
 * What the operator has people read of a call: the sentences of its actions, the most dangerous first; `null` when none
 * of them has one. An action without one is called by its name.
 */
export function callSentence(call: RatedCall): string | null {
  if (call.actions.every(({ sentence }) => sentence === null)) return null;
  return actionsByRisk([call])
    .map(({ action, sentence }) => sentence ?? visibleLine(action))
    .join('; ');
}

/**
 * One call in exactly the same words wherever it is decided: its actions with their risk, identifier, arguments. One of
 * several begins with its sentence, since the line above them all cannot say it.
 * @param of how many calls the request has
 */
export function callLines({ call, number }: NumberedCall, of: number): string[] {
  const sentence = of > 1 ? callSentence(call) : null;
  if (sentence !== null)
    return [`${number}. ${sentence}`, `${ratedActions(call)} · ${identifierLine(call)} · ${argumentsWords(call)}`];
  const last = call.arguments === null || call.arguments.length === 0 ? '' : 'arguments: ';
  return [`${number}. ${ratedActions(call)} · ${identifierLine(call)}`, `${last}${argumentsWords(call)}`];
}

/** `Refund 40.00 EUR for order 8812`, or `refund.create` where the operator has no sentence, and how many calls follow. */
export function askWords(calls: readonly RatedCall[]): string {
  const [first] = numberedCalls(calls);
  if (first === undefined) return 'nothing';
  const more = calls.length - 1;
  const rest = more === 0 ? '' : ` and ${more} more`;
  return `${callSentence(first.call) ?? actionNames([first.call])}${rest}`;
}

/** `refund.create, payment.read and 3 more`: the most dangerous first, the rest counted. */
export function actionNames(calls: readonly RatedCall[]): string {
  return firstNames(actionsByRisk(calls).map(({ action }) => action));
}
