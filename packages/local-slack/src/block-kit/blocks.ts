import { isObject, objectsOf, type JsonObject } from '../json.js';
import { accessoryElement, actionsElement, imageElement, inputElement } from './elements.js';
import {
  anyText,
  boolean,
  byType,
  characters,
  integer,
  list,
  object,
  oneOf,
  plainText,
  string,
  type Report,
  type Rule,
  type Shape,
} from './rules.js';

/** Slack refuses a message whose blocks hold more text than this, whatever their number. */
const MESSAGE_TEXT_MAX = 13_200;
const type = string(40);
const base: Shape = { type, 'block_id?': string(255) };

const style = object({
  'bold?': boolean,
  'italic?': boolean,
  'strike?': boolean,
  'code?': boolean,
  'underline?': boolean,
});
const richInline = byType(
  {
    text: object({ type, text: string(3000), 'style?': style }),
    link: object({ type, url: string(3000), 'text?': string(3000), 'unsafe?': boolean, 'style?': style }),
    emoji: object({ type, name: string(100), 'unicode?': string(60), 'style?': style }),
    user: object({ type, user_id: string(40), 'style?': style }),
    channel: object({ type, channel_id: string(40), 'style?': style }),
    broadcast: object({ type, range: oneOf('here', 'channel', 'everyone'), 'style?': style }),
    date: object({
      type,
      timestamp: integer(0, 9_999_999_999),
      format: string(300),
      'url?': string(3000),
      'fallback?': string(300),
      'style?': style,
    }),
  },
  'rich text element',
);
const richSection = object({ type, elements: list(richInline, 0, 500) });
const richQuote = object({ type, elements: list(richInline, 0, 500), 'border?': integer(0, 1) });
const richText = byType(
  {
    rich_text_section: richSection,
    rich_text_quote: richQuote,
    rich_text_preformatted: object({
      type,
      elements: list(richInline, 0, 500),
      'border?': integer(0, 1),
      'language?': string(40),
    }),
    rich_text_list: object({
      type,
      style: oneOf('bullet', 'ordered'),
      elements: list(richSection, 1, 100),
      'indent?': integer(0, 8),
      'offset?': integer(0, 1000),
      'border?': integer(0, 1),
    }),
  },
  'rich text block element',
);

const section = object(
  {
    ...base,
    'text?': anyText(3000),
    'fields?': list(anyText(2000), 1, 10),
    'accessory?': accessoryElement,
    'expand?': boolean,
  },
  (block, pointer, report) => {
    if (block['text'] === undefined && block['fields'] === undefined)
      report.add('missing required field: text or fields', pointer);
  },
);

const block: Rule = byType(
  {
    header: object({ ...base, text: plainText(150) }),
    section,
    divider: object(base),
    context: object({
      ...base,
      elements: list(
        byType({ plain_text: anyText(2000), mrkdwn: anyText(2000), image: imageElement }, 'context element'),
        1,
        10,
      ),
    }),
    actions: object({ ...base, elements: list(actionsElement, 1, 25) }),
    image: object({ ...base, alt_text: string(2000), image_url: string(3000), 'title?': plainText(2000) }),
    input: object({
      ...base,
      label: plainText(2000),
      element: inputElement,
      'hint?': plainText(2000),
      'optional?': boolean,
      'dispatch_action?': boolean,
    }),
    rich_text: object({ ...base, elements: list(richText, 1, 100) }),
    markdown: object({ ...base, text: string(12_000) }),
  },
  'block',
);

/** Takes one block; returns its interactive elements, whichever member holds them. */
export function interactiveElements(one: JsonObject): JsonObject[] {
  const held = [...objectsOf(one, 'elements'), one['accessory'], one['element']].filter(isObject);
  const carriers = ['actions', 'section', 'input'];
  return carriers.includes(String(one['type'])) ? held.filter((element) => element['type'] !== 'image') : [];
}

function checkUnique(blocks: readonly unknown[], pointer: string, report: Report): void {
  const seen = new Set<unknown>();
  blocks.forEach((entry, index) => {
    if (!isObject(entry)) return;
    const id = entry['block_id'];
    if (id !== undefined && seen.has(id))
      report.add(`\`block_id\` ${String(id)} already exists`, `${pointer}/${index}/block_id`);
    seen.add(id);
    const actions = new Set<unknown>();
    for (const element of interactiveElements(entry)) {
      const action = element['action_id'];
      if (action !== undefined && actions.has(action))
        report.add(`\`action_id\` ${String(action)} already exists for another element`, `${pointer}/${index}`);
      actions.add(action);
    }
  });
}

/** Takes anything that holds text objects; returns the characters of all of them together. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + textLength(entry), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, member]) =>
      sum + (name === 'text' && typeof member === 'string' ? characters(member) : textLength(member)),
    0,
  );
}

/** Takes the blocks of a message or view, how many are allowed and their JSON pointer; adds every fault to the report. */
export function checkBlocks(blocks: unknown, max: number, pointer: string, report: Report): void {
  list(block, 0, max)(blocks, pointer, report);
  if (Array.isArray(blocks)) checkUnique(blocks, pointer, report);
}

/** True when the blocks of one message together hold more text than Slack takes (`msg_blocks_too_long`). */
export function tooMuchText(blocks: unknown): boolean {
  return textLength(blocks) > MESSAGE_TEXT_MAX;
}
