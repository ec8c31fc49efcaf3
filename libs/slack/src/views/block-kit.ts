import { inert } from './inert-text.js';
import { splitPoint } from './fold.js';

/** Slack's limits that our views can reach (characters, or counts). */
export const SLACK_LIMITS = {
  blockText: 3_000,
  headerText: 150,
  contextElements: 10,
  contextText: 2_000,
  messageBlocks: 50,
  messageText: 13_200,
  viewBlocks: 100,
  buttonText: 75,
  optionText: 75,
  formOptions: 10,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  viewTitle: 24,
} as const;

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** A moment, made by `clock` from a closed label and an integer. */
export interface ClockText {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** Words of ours in bold, so that a reader tells a label from a value. Closed: no other text can get in here. */
export type Label =
  | 'Exactly this'
  | 'Why this needs you'
  | 'Why people were asked'
  | 'On behalf of, nearest first'
  | 'This agent lately'
  | 'This agent before the outcome'
  | 'Votes so far'
  | 'Written by the agent — not verified';

export interface LabelText {
  readonly type: 'mrkdwn';
  readonly text: `*${Label}*`;
  readonly verbatim: true;
}

/** The words of a link. Closed, as labels are. */
export type LinkWords = 'Open in console';

/** A link to a page of our own, made by `consoleLink`. Nobody else's text can become its address or its words. */
export interface LinkText {
  readonly type: 'mrkdwn';
  readonly text: `<${string}|${LinkWords}>`;
  readonly verbatim: true;
}

/** What may stand in a line of small print. */
export type SmallText = PlainText | LabelText | ClockText | LinkText;

export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly accessibility_label?: string;
  readonly confirm?: {
    readonly title: PlainText;
    readonly text: PlainText;
    readonly confirm: PlainText;
    readonly deny: PlainText;
    readonly style?: 'primary' | 'danger';
  };
}

/** A button that opens one of our own pages. Nobody else's text may become its address. */
export interface LinkButton {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly url: string;
  readonly style?: 'primary' | 'danger';
}

export interface FormOption {
  readonly text: PlainText;
  readonly value: string;
}

/** An input of a form that a person may leave as it is. */
export interface FormInput {
  readonly type: 'input';
  readonly block_id: string;
  readonly label: PlainText;
  readonly hint?: PlainText;
  readonly optional: true;
  readonly element:
    | {
        readonly type: 'static_select';
        readonly action_id: string;
        readonly options: FormOption[];
        readonly initial_option: FormOption;
      }
    | {
        readonly type: 'checkboxes';
        readonly action_id: string;
        readonly options: FormOption[];
        readonly initial_options: FormOption[];
      }
    | {
        readonly type: 'number_input';
        readonly action_id: string;
        readonly is_decimal_allowed: false;
        readonly min_value: string;
        readonly max_value: string;
      }
    | {
        readonly type: 'plain_text_input';
        readonly action_id: string;
        readonly multiline: true;
        readonly max_length: number;
      };
}

export interface ReasonInput {
  readonly type: 'input';
  readonly block_id: string;
  readonly label: PlainText;
  readonly hint?: PlainText;
  readonly optional: false;
  readonly element: {
    readonly type: 'plain_text_input';
    readonly action_id: string;
    readonly multiline: true;
    readonly min_length: number;
    readonly max_length: number;
  };
}

/** Slack folds a long section behind "See more" unless it is told not to; nothing that is decided on may stand there. */
interface Section {
  readonly type: 'section';
  readonly expand: true;
}

export type WritBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | (Section & { readonly text: PlainText | LabelText; readonly accessory?: Button | LinkButton })
  | { readonly type: 'context'; readonly elements: SmallText[] }
  | { readonly type: 'actions'; readonly elements: (Button | LinkButton)[] }
  | { readonly type: 'divider' }
  | FormInput
  | ReasonInput;

export interface WritModal {
  readonly type: 'modal';
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly title: PlainText;
  readonly submit?: PlainText;
  readonly close: PlainText;
  readonly blocks: WritBlock[];
}

/** The only way text enters a view: inert, plain, emoji off. */
export function plain(text: string): PlainText {
  return { type: 'plain_text', text: inert(text), emoji: false };
}

/** One of our labels, bold. With clocks and links to the console the only mrkdwn this product sends. */
export function label(words: Label): LabelText {
  return { type: 'mrkdwn', text: `*${words}*`, verbatim: true };
}

/**
 * A link to one of our own pages.
 * @param url made of the issuer and an id of ours; anything that Slack could read on from is a bug of ours and throws
 */
export function consoleLink(url: string): LinkText {
  if (!/^https?:\/\/[A-Za-z0-9._~:/[\]-]+$/.test(url)) throw new TypeError('only a plain address of our own is a link');
  return { type: 'mrkdwn', text: `<${url}|Open in console>`, verbatim: true };
}

/** A label on a line of its own, above what it names. */
export function heading(words: Label): WritBlock {
  return { type: 'section', expand: true, text: label(words) };
}

/** A header block; at most 150 characters, all ours. */
export function header(text: string): WritBlock {
  return { type: 'header', text: plain(text) };
}

/** A line of small print; splits into several blocks past ten elements. */
export function context(elements: readonly SmallText[]): WritBlock[] {
  const blocks: WritBlock[] = [];
  for (let at = 0; at < elements.length; at += SLACK_LIMITS.contextElements) {
    blocks.push({ type: 'context', elements: elements.slice(at, at + SLACK_LIMITS.contextElements) });
  }
  return blocks;
}

/** Labels that may stand before a moment; closed, so that no other text can reach a mrkdwn leaf. */
export type ClockLabel = 'Asked' | 'Decide before' | 'Ended' | 'at' | 'last' | 'Ends before' | 'As of';

/** A moment in each reader's own zone. `seconds` since the epoch, whole; anything else is a bug of ours and throws. */
export function clock(label: ClockLabel, seconds: number): ClockText {
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new TypeError('a clock needs whole seconds since the epoch');
  const fallback = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  return {
    type: 'mrkdwn',
    text: `${label} <!date^${seconds}^{date_short_pretty} {time_secs}|${fallback}>`,
    verbatim: true,
  };
}

/**
 * Packs lines into as few sections as fit, in order and without losing a character. A line longer than a section is
 * continued in the next one after `continuation`, so a prefix of ours stands before every piece.
 */
export function sections(lines: readonly string[], continuation = ''): WritBlock[] {
  return packed(lines, SLACK_LIMITS.blockText, continuation).map((text) => ({
    type: 'section',
    expand: true,
    text: plain(text),
  }));
}

/** The same as small print, which Slack never folds: each text a block of its own. */
export function smallPrint(lines: readonly string[], continuation = ''): WritBlock[] {
  return packed(lines, SLACK_LIMITS.contextText, continuation).map((text) => ({
    type: 'context',
    elements: [plain(text)],
  }));
}

function packed(lines: readonly string[], room: number, continuation: string): string[] {
  const texts: string[] = [];
  let open = '';
  for (const line of lines.flatMap((whole) => pieces(inert(whole), room, continuation))) {
    if (open !== '' && open.length + 1 + line.length > room) {
      texts.push(open);
      open = line;
    } else {
      open = open === '' ? line : `${open}\n${line}`;
    }
  }
  return open === '' ? texts : [...texts, open];
}

function pieces(line: string, room: number, continuation: string): string[] {
  const found: string[] = [];
  let rest = line;
  while (rest.length > room) {
    const end = splitPoint(rest, room);
    found.push(rest.slice(0, end));
    rest = continuation + rest.slice(end);
  }
  return [...found, rest];
}
