import { identicalLine } from '#domain/approval/identical.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { EndReason } from '#domain/grant/lifecycle.js';
import type { Risk } from '#domain/policy-decision.js';
import type { Cut } from '#domain/authority/authorization-details.js';
import { inertLine } from '../inert-text.js';
import { quoted } from './quoted.js';
import type { Label } from './block-kit.js';
import type { ApprovalCardModel, CardAgentRecord, CardDecision, CardElement, CardGate } from './card-model.js';

const RISK_ORDER: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 };
const ACTIONS_IN_VERB = 4;
/** A longer name is shortened in a sentence; the fields and Details have it whole. */
const NAME_ROOM = 128;
/** Of what was said to an earlier ask; the decision page has it whole. */
const DENIAL_ROOM = 200;

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

/** The text on one line when it fits, else with its middle left out, visibly. */
export function shortened(text: string, max: number): string {
  const line = inertLine(text);
  if (line.length <= max) return line;
  const half = Math.floor((max - 1) / 2);
  return `${line.slice(0, half)}…${line.slice(-half)}`;
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

/**
 * The sentence a person reads first: agent, owner, on whose behalf, action, resource, duration, uses. Broker facts and
 * the proved subject of the delegation only.
 */
export function verbLine(card: ApprovalCardModel): string {
  const [nearest] = card.agent.onBehalfOf;
  return sentence(card, nearest === undefined ? '' : ` on behalf of ${shortened(nearest.sub, NAME_ROOM)},`);
}

/** Each link of the delegation, the nearest first: who, known to whom, and under which grant. */
export function behalfLines({ onBehalfOf, under }: ApprovalCardModel['agent']): string[] {
  return onBehalfOf.map(({ sub, iss }, index) => {
    const grant = under?.[index];
    return `${inertLine(sub)} (by ${inertLine(iss)})${grant === undefined ? '' : `, under grant ${inertLine(grant)}`}`;
  });
}

/** The same without the subject of the delegation, whose words are its issuer's: for texts that cannot be plain. */
export function briefLine(card: ApprovalCardModel): string {
  return sentence(card, '');
}

function sentence(card: ApprovalCardModel, behalf: string): string {
  const { id, owner } = card.agent;
  const subject = `${nameAndId(shortened(card.agent.name, NAME_ROOM), id)}, owned by ${shortened(owner, NAME_ROOM)},`;
  const verb = card.status === 'pending' ? 'wants' : 'asked for';
  const asked = `${actionWords(card.elements)} on ${shortened(card.resource.name, NAME_ROOM)}`;
  return `${subject}${behalf} ${verb} ${asked} for ${durationWords(card.requestedTtl)}, ${usesWords(card.maxUses)}`;
}

/**
 * What the token would allow, call by call, the most dangerous first: actions with their risk, then the exact
 * identifier and the arguments as canonical JSON. A member that the request leaves free is said to be free. The calls
 * are numbered in this order, and every view of the request numbers them so.
 */
export function exactLines(elements: readonly CardElement[]): string[] {
  return numberedCalls(elements).flatMap(callLines);
}

/** One call of a request: the number by which it is called wherever it is shown, and its place in the request, from 0. */
export interface NumberedCall {
  readonly element: CardElement;
  readonly number: number;
  readonly place: number;
}

/** The calls of a request in the order in which they are shown, the most dangerous first, numbered from 1. */
export function numberedCalls(elements: readonly CardElement[]): NumberedCall[] {
  const rank = (element: CardElement): number => Math.min(...element.actions.map((action) => RISK_ORDER[action.risk]));
  return elements
    .map((element, place) => ({ element, place }))
    .sort((a, b) => rank(a.element) - rank(b.element))
    .map((call, index) => ({ ...call, number: index + 1 }));
}

/** Three lines: number and actions, identifier, arguments. */
export function callLines({ element, number }: NumberedCall): string[] {
  return [
    `${number}. ${actionsByRisk([element])
      .map((action) => `${inertLine(action.name)} [${action.risk.toUpperCase()}]`)
      .join(', ')}`,
    `identifier: ${element.identifier === undefined ? 'ANY (not limited by this request)' : inertLine(element.identifier)}`,
    `arguments: ${element.arguments === undefined ? 'ANY (not limited by this request)' : inertLine(canonicalJson(element.arguments))}`,
  ];
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

/** Over the reasons of policy: of a request that is over, nobody is needed any more. */
export function whyLabel({ status }: Pick<ApprovalCardModel, 'status'>): Label {
  return status === 'pending' ? 'Why this needs you' : 'Why people were asked';
}

/** Which rules asked and in which version of the policy set; at most `most` are named and the others counted. */
export function ruleLine(card: ApprovalCardModel, most = card.whyYou.policies.length): string {
  const { policies, policyVersion } = card.whyYou;
  const more = policies.length > most ? [`${policies.length - most} more, in Details`] : [];
  const names = [...policies.slice(0, most).map((policy) => inertLine(policy)), ...more].join(', ');
  return `Rule${policies.length === 1 ? '' : 's'}: ${names === '' ? 'none' : names} · policy version ${shortDigest(policyVersion)}`;
}

/** Why a grant ended, in words after a colon. */
export const ENDINGS: Readonly<Record<EndReason, string>> = {
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
  return [head, ...card.granted.cuts.map((cut) => `Cut ${cutWords(cut)}`)];
}

function cutWords({ field, asked, granted }: Cut): string {
  return `${field}: asked ${value(asked)}, granted ${value(granted)}`;
}

function value(of: unknown): string {
  return of === null ? 'no limit' : inertLine(canonicalJson(of));
}

/** What stands after an approval that a kill switch ended. */
export function endedWords(ended: boolean | undefined): string {
  return ended === true ? '; ended by a kill switch' : '';
}

/** What each voter said, oldest first: name and verdict, what their limits take away, then their note as quoted words. */
export function voteLines(decisions: readonly CardDecision[]): string[] {
  return decisions.flatMap(({ name, verdict, reason, cuts, ended }) => [
    `${inertLine(name)} ${verdict === 'approve' ? 'approved' : 'denied'}${(cuts ?? []).length > 0 ? ' for less' : ''}${endedWords(ended)}`,
    ...(cuts ?? []).map((cut) => `Less ${cutWords(cut)}`),
    ...(reason === null || reason === undefined ? [] : quoted(reason)),
  ]);
}

/**
 * What the broker remembers of the agent: grants of the last 24 hours, at most `most` of them named and the others
 * counted, and how the same ask ended before.
 * @param over the request is: the 24 hours are those before its outcome
 */
export function recordLines({ recent, sameAsk }: CardAgentRecord, most = recent.length, over = false): string[] {
  const more = recent.length > most ? [`${recent.length - most} more kinds, in Details`] : [];
  const named = recent
    .slice(0, most)
    .map((grant) => `${inertLine(grant.action)} on ${inertLine(grant.resource)} × ${grant.count}`);
  const grants = [...named, ...more];
  const { approved, denied, last, denials = [] } = sameAsk;
  const before =
    last === null
      ? 'The same ask before: never decided'
      : `The same ask before: approved ${approved}, denied ${denied}, last ${last.status}`;
  const noes = denials.map(
    ({ by, reason }) => `Denied before by ${shortened(by, 64)}: ${shortened(reason, DENIAL_ROOM)}`,
  );
  const when = over ? 'the 24 hours before' : 'the last 24 hours';
  return [`Granted in ${when}: ${grants.length === 0 ? 'nothing' : grants.join(', ')}`, before, ...noes];
}

/** What a decision on this card does to the identical requests behind it; nothing when there are none. */
export function foldedLines(behind: number): string[] {
  const line = identicalLine(behind);
  return line === null ? [] : [line];
}
