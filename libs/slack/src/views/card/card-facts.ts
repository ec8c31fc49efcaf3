import { identicalLine } from '#domain/approval/identical.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { Cut } from '#domain/authority/authorization-details.js';
import {
  argumentsWords,
  askWords,
  callLines,
  callSentence,
  identifierLine,
  numberedCalls,
  ratedActions,
  type NumberedCall,
  type RatedCall,
} from '#domain/words/call-lines.js';
import { durationWords } from '#domain/words/duration-words.js';
import { endWords } from '#domain/words/end-words.js';
import { askVerb, usesWords } from '#domain/words/short-words.js';
import { inertLine, unmarked } from '../inert-text.js';
import { quoted } from '../quoted.js';
import type { Label } from '../block-kit.js';
import type { ApprovalCardModel, CardAgentRecord, CardDecision, CardGate } from './card-model.js';

/** A longer name is shortened in a sentence; the small print and Details have it whole. */
const NAME_ROOM = 128;
/** Characters of the reason of an earlier denial; the decision page has it whole. */
const DENIAL_ROOM = 200;

/** `Support bot (support-bot)`; the id alone when the name says no more. */
export function nameAndId(name: string, id: string): string {
  return name === id ? inertLine(id) : `${inertLine(name)} (${inertLine(id)})`;
}

/** True of a name that a sentence does not hold whole. */
export function isShortened(name: string): boolean {
  return inertLine(name).length > NAME_ROOM;
}

/** The text on one line when it fits, else with its middle left out, visibly. */
export function shortened(text: string, max: number): string {
  const line = inertLine(text);
  if (line.length <= max) return line;
  const half = Math.floor((max - 1) / 2);
  return `${line.slice(0, half)}…${line.slice(-half)}`;
}

/**
 * The sentence a person reads first: who wants what, in the operator's words where there are some, where, for how long
 * and how often; of several calls how many, since each stands below. Broker facts, values that are exactly those of the
 * calls, and the proved subject of the delegation.
 */
export function verbLine(card: ApprovalCardModel): string {
  const { calls } = card;
  const [nearest] = card.agent.onBehalfOf;
  const behalf = nearest === undefined ? '' : `, on behalf of ${shortened(nearest.sub, NAME_ROOM)},`;
  const terms = ` for ${durationWords(card.requestedTtl)}, ${usesWords(card.maxUses)}`;
  if (card.status === 'pending' && calls.length > 1)
    return `${nameOf(card)}${behalf} wants ${calls.length} calls on ${shortened(card.resource.name, NAME_ROOM)}${terms}`;
  return `${nameOf(card)}${behalf} ${wantedWords(card)}${card.status === 'pending' ? terms : ''}`;
}

/** `wants: Refund 40.00 EUR for order 8812 on Payments`, or `asked for: …` once it is decided. */
function wantedWords({ calls, status, resource }: ApprovalCardModel): string {
  const said = calls.some((call) => callSentence(call) !== null);
  return `${askVerb(status === 'pending', said)} ${askedOn(calls, resource.name)}`;
}

/** `Refund 40.00 EUR for order 8812 and 2 more on Payments`. */
export function askedOn(calls: readonly RatedCall[], resource: string): string {
  return `${askWords(calls)} on ${shortened(resource, NAME_ROOM)}`;
}

function nameOf({ agent }: ApprovalCardModel): string {
  return shortened(agent.name, NAME_ROOM);
}

/** Each link of the delegation, the nearest first: who, known to whom, and under which grant. */
export function behalfLines({ onBehalfOf, under }: ApprovalCardModel['agent']): string[] {
  return onBehalfOf.map(({ sub, iss }, index) => {
    const grant = under?.[index];
    return `${inertLine(sub)} (by ${inertLine(iss)})${grant === undefined ? '' : `, under grant ${inertLine(grant)}`}`;
  });
}

/**
 * The request for places whose text cannot be plain (notifications): what is asked and the first call exactly. Without
 * the subject of the delegation, whose words are its issuer's.
 */
export function briefLine(card: ApprovalCardModel): string {
  return `${nameOf(card)} ${unmarked(wantedWords(card))} · ${firstCallWords(card.calls)}`;
}

/** The most dangerous call with identifier and arguments, nothing of it marked up or linked, and how many follow. */
export function firstCallWords(calls: readonly RatedCall[]): string {
  const [first] = numberedCalls(calls);
  if (first === undefined) return 'nothing';
  const exact = [identifierLine(first.call), argumentsWords(first.call)].map((words) => unmarked(words));
  const more = calls.length === 1 ? [] : [`${calls.length - 1} more`];
  return [ratedActions(first.call), ...exact, ...more].join(' · ');
}

/** Every call of the request in the lines that each view of it has, in their order. */
export function exactCalls(
  calls: readonly RatedCall[],
): { readonly numbered: NumberedCall; readonly lines: string[] }[] {
  return numberedCalls(calls).map((numbered) => ({ numbered, lines: callLines(numbered, calls.length) }));
}

/** `payments-oncall: 1 of 2 · Bob approved`. */
export function gateLine(gate: CardGate): string {
  const names = gate.approvers.map((name) => inertLine(name)).join(', ');
  const progress = `${inertLine(gate.group)}: ${gate.approved} of ${gate.quorum}`;
  return names === '' ? progress : `${progress} · ${names} approved`;
}

/** The last eight characters of an id, for people who talk about it. */
export function shortId(id: string): string {
  return inertLine(id.slice(-8));
}

/** Over the reasons of policy: of a request that is over, nobody is needed any more. */
export function whyLabel({ status }: Pick<ApprovalCardModel, 'status'>): Label {
  return status === 'pending' ? 'Why this needs you' : 'Why people were asked';
}

/** Which rules asked. */
export function ruleLine({ whyYou: { policies } }: ApprovalCardModel): string {
  const names = policies.map((policy) => inertLine(policy)).join(', ');
  return `Rule${policies.length === 1 ? '' : 's'}: ${names === '' ? 'none' : names}`;
}

/** How the grant stands, in one line; `null` without a grant. */
export function grantLine(card: ApprovalCardModel): string | null {
  return card.grant?.status === 'ready'
    ? 'Grant: ready. The clock starts when the agent collects it.'
    : grantWords(card);
}

/** The same in few words. */
export function grantWords(card: ApprovalCardModel): string | null {
  if (card.grant === null) return null;
  if (card.grant.status === 'ready') return 'Grant: ready, not collected yet.';
  if (card.grant.status === 'active') return 'Grant: active. The agent holds it now.';
  const why = card.grant.endReason === null ? '' : `: ${endWords(card.grant.endReason)}`;
  return `Grant: ${card.grant.status}${why}.`;
}

/** The granted time and uses and, cut by cut, how they differ from the ask; empty when nothing was granted. */
export function grantedLines(card: ApprovalCardModel, between = ' once collected · '): string[] {
  if (card.granted === null) return [];
  const head = `Granted: ${durationWords(card.granted.ttl)}${between}${usesWords(card.granted.max_uses)}`;
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

/** That the ordinary rules were passed over; nothing where they were not. */
export function breakGlassLines({ breakGlass }: ApprovalCardModel): string[] {
  return breakGlass === true ? ['BREAK GLASS: asked outside the ordinary rules'] : [];
}

/** What a decision on this card does to the identical requests behind it; nothing when there are none. */
export function duplicateLines(behind: number): string[] {
  const line = identicalLine(behind);
  return line === null ? [] : [line];
}
