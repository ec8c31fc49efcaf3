// The words of the console, apart from its pages. Texts of agents are made visible here, wherever they appear.
import { visibleLine } from '#domain/inert-text.js';
import { askVerb, firstNames } from '#domain/words/short-words.js';
import { sentenceOf, whyNotWordsOf } from '#domain/words/why-not-words.js';
import type { Escalation, InboxPage, Risk, ToolCall } from '../api/types.js';

const RISKS: Readonly<Record<Risk, string>> = { high: 'High risk', medium: 'Medium risk', low: 'Low risk' };

export const riskWords = (risk: Risk): string => RISKS[risk];

/** Seconds for a clock that runs: `14 min`, `48 s`. */
export function shortDuration(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  if (left < 60) return `${left} s`;
  if (left < 3_600) return `${Math.floor(left / 60)} min`;
  return left < 86_400 ? `${Math.floor(left / 3_600)} h` : `${Math.floor(left / 86_400)} d`;
}

/** `Bob (bob)`; the id alone when the name says no more. */
export function nameAndId(name: string | null | undefined, id: string): string {
  const shown = visibleLine(id);
  return name === null || name === undefined || name === '' || name === id ? shown : `${visibleLine(name)} (${shown})`;
}

/** Distinct actions of an ask in its own order. */
export function actionsOf(details: readonly ToolCall[]): string[] {
  return [...new Set(details.flatMap((element) => element.actions))];
}

/** `refund.create, payment.read and 3 more`. */
export function actionWords(details: readonly ToolCall[], most?: number): string {
  return firstNames(actionsOf(details), most);
}

/** Whether all that a request asks is said in the operator's sentences. */
export function isSaid({ calls }: Pick<Escalation, 'calls'>): boolean {
  return calls.every(({ actions }) => actions.every(({ sentence }) => sentence !== null));
}

/** What is asked, on one line: the sentence of the first call and how many more there are; else the actions and where. */
export function whatWords(ask: Escalation): string {
  if (!isSaid(ask)) return `${actionWords(ask.request.authorization_details)} on ${visibleLine(ask.resource_name)}`;
  const [first, ...more] = ask.calls;
  const said = (first?.actions ?? []).map(({ sentence }) => visibleLine(sentence ?? '')).join('; ');
  return more.length === 0 ? said : `${said}, and ${count(more.length, 'more call')}`;
}

/** The sentence a person reads first: `Support bot wants: Refund 40.00 EUR for order 8812`. */
export function verbLine(ask: Escalation): string {
  return `${visibleLine(ask.agent_name)} ${askVerb(ask.status === 'pending', isSaid(ask))} ${whatWords(ask)}`;
}

const STATUS: Readonly<Record<string, string>> = {
  pending: 'Waits for people',
  approved: 'Approved',
  denied: 'Denied',
  cancelled: 'Cancelled',
  lapsed: 'Nobody decided in time',
  ready: 'Ready to be collected',
  active: 'Active',
  completed: 'Completed',
  expired: 'Expired',
  revoked: 'Revoked',
};

export const statusWords = (status: string): string => STATUS[status] ?? visibleLine(status.replaceAll('_', ' '));

/** A step of the clock. */
export function stepWords(step: string, group?: string | null): string {
  if (step === 'reminder') return 'Reminder to those asked';
  if (step === 'deputy_asked')
    return group === null || group === undefined
      ? 'The deputies are asked'
      : `${visibleLine(group)} is asked as deputy`;
  if (step === 'lapses') return 'Lapses: refused, unless decided before';
  return visibleLine(step.replaceAll('_', ' '));
}

/** Why this person may not decide; what a later broker may say has a sentence too. */
export function whyNotWords(why: string | null | undefined): string {
  const words = whyNotWordsOf(why);
  return words === null ? 'You may not decide this one.' : sentenceOf(words);
}

/** A number with its thousands apart: `5,002`. */
export const figure = (number: number): string => number.toLocaleString('en');

/** A number of things: `1 vote`, `2 votes`. */
export function count(number: number, thing: string): string {
  return `${figure(number)} ${thing}${number === 1 ? '' : 's'}`;
}

/** How many there are, as far as they were read: `100+` while more wait. */
export function atLeast({ items, more }: { readonly items: readonly unknown[]; readonly more: boolean }): string {
  return `${items.length}${more ? '+' : ''}`;
}

/** How many wait, as far as they were counted: `200`, `1,000+`. */
export function totalWords(page: Pick<InboxPage, 'total' | 'more_than_total'> | null): string {
  return page === null ? '' : `${(page.total ?? 0).toLocaleString('en')}${page.more_than_total === true ? '+' : ''}`;
}

/** A heading over a list that is not all there. */
export function titleOf(title: string, list: Parameters<typeof atLeast>[0] | null): string {
  return list?.more === true ? `${title} (${atLeast(list)})` : title;
}

/** 0 to 1 as a percentage. */
export function share(part: number): string {
  return `${Math.round(100 * part)} %`;
}
