import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { EndReason } from '#domain/grant/lifecycle.js';
import type { Risk } from '#domain/policy-decision.js';
import { inertLine } from '../inert-text.js';
import type { ApprovalCardModel, CardElement, CardGate } from './card-model.js';

const RISK_ORDER: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 };
const ACTIONS_IN_VERB = 4;

/** Seconds in words: `300` → `5 minutes`, `90` → `1 minute 30 seconds`. */
export function durationWords(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  let rest = seconds;
  const words: string[] = [];
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) words.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return words.length === 0 ? '0 seconds' : words.join(' ');
}

/** `null` is unlimited. */
export function usesWords(uses: number | null): string {
  if (uses === null) return 'unlimited uses';
  return uses === 1 ? '1 use' : `${uses} uses`;
}

/** `Support bot (support-bot)`; the id alone when the name says no more. */
export function nameAndId(name: string, id: string): string {
  return name === id ? inertLine(id) : `${inertLine(name)} (${inertLine(id)})`;
}

/** Distinct actions of the request, the most dangerous first. */
export function actionsByRisk(elements: readonly CardElement[]): { readonly name: string; readonly risk: Risk }[] {
  const byName = new Map(elements.flatMap((element) => element.actions).map((action) => [action.name, action]));
  return [...byName.values()].sort((a, b) => RISK_ORDER[a.risk] - RISK_ORDER[b.risk] || (a.name < b.name ? -1 : 1));
}

/** `refund.create, payment.read and 3 more`: dangerous first, the rest counted. */
export function actionWords(elements: readonly CardElement[]): string {
  const names = actionsByRisk(elements).map((action) => inertLine(action.name));
  const shown = names.slice(0, ACTIONS_IN_VERB).join(', ');
  return names.length > ACTIONS_IN_VERB ? `${shown} and ${names.length - ACTIONS_IN_VERB} more` : shown;
}

/** The sentence a person reads first. Broker facts only. */
export function verbLine(card: ApprovalCardModel): string {
  const subject = nameAndId(card.agent.name, card.agent.id);
  const verb = card.status === 'pending' ? 'wants' : 'asked for';
  return `${subject} ${verb} ${actionWords(card.elements)} on ${inertLine(card.resource.name)}`;
}

/**
 * What the token would allow, call by call, the most dangerous first: actions with their risk, then the exact
 * identifier and the arguments as canonical JSON. A member that the request leaves free is said to be free.
 */
export function exactLines(elements: readonly CardElement[]): string[] {
  const rank = (element: CardElement): number => Math.min(...element.actions.map((action) => RISK_ORDER[action.risk]));
  const ordered = [...elements].sort((a, b) => rank(a) - rank(b));
  return ordered.flatMap((element, index) => [
    `${index + 1}. ${actionsByRisk([element])
      .map((action) => `${inertLine(action.name)} [${action.risk.toUpperCase()}]`)
      .join(', ')}`,
    `identifier: ${element.identifier === undefined ? 'ANY (not limited by this request)' : inertLine(element.identifier)}`,
    `arguments: ${element.arguments === undefined ? 'ANY (not limited by this request)' : inertLine(canonicalJson(element.arguments))}`,
  ]);
}

/** `payments-oncall: 1 of 2 · Bob approved`. */
export function gateLine(gate: CardGate): string {
  const names = gate.approvers.map((name) => inertLine(name)).join(', ');
  const progress = `${inertLine(gate.group)}: ${gate.approved} of ${gate.quorum}`;
  return names === '' ? progress : `${progress} · ${names} approved`;
}

/** `sha256:` and the first twelve hex digits: short enough to compare by eye, never the thing that is compared. */
export function shortDigest(digest: string): string {
  return inertLine(digest.replace(/^sha256:/, '').slice(0, 12));
}

/** The last eight characters of an id, for people who talk about it. */
export function shortId(id: string): string {
  return inertLine(id.slice(-8));
}

/** Which rule asked and in which version of the policy set. */
export function ruleLine(card: ApprovalCardModel): string {
  const { policies, policyVersion } = card.whyYou;
  const names = policies.map((policy) => inertLine(policy)).join(', ');
  return `Rule${policies.length === 1 ? '' : 's'}: ${names === '' ? 'none' : names} · policy version ${shortDigest(policyVersion)}`;
}

const ENDINGS: Readonly<Record<EndReason, string>> = {
  done: 'the agent finished its task',
  used_up: 'every use was spent',
  silence: 'the agent fell silent',
  parent_ended: 'the grant above it ended',
  agent_suspended: 'the agent was suspended',
  key_compromised: 'a signing key was declared compromised',
  policy_changed: 'the policy changed',
  revoked_by_person: 'a person revoked it',
  revoked_by_agent: 'the agent gave it back',
  ttl: 'its time was over',
  not_collected: 'the agent never collected it',
  restored: 'the broker was restored from a backup',
};

/** How the grant stands, in one line; `null` without a grant. */
export function grantLine(card: ApprovalCardModel): string | null {
  if (card.grant === null) return null;
  if (card.grant.status === 'ready') return 'Grant: ready. The clock starts when the agent collects it.';
  if (card.grant.status === 'active') return 'Grant: active. The agent holds it now.';
  const why = card.grant.endReason === null ? '' : `: ${ENDINGS[card.grant.endReason]}`;
  return `Grant: ${card.grant.status}${why}.`;
}

/** What was granted and, cut by cut, how that differs from the ask; empty when nothing was granted. */
export function grantedLines(card: ApprovalCardModel): string[] {
  if (card.granted === null) return [];
  const head = `Granted: ${durationWords(card.granted.ttl)} once collected · ${usesWords(card.granted.max_uses)}`;
  return [
    head,
    ...card.granted.cuts.map((cut) => `Cut ${cut.field}: asked ${value(cut.asked)}, granted ${value(cut.granted)}`),
  ];
}

function value(of: unknown): string {
  return of === null ? 'no limit' : inertLine(canonicalJson(of));
}
