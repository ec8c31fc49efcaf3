import { isObject, type JsonObject } from '../json.js';
import {
  anyText,
  boolean,
  byType,
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

const type = string(40);
const actionId = string(255);
const webUrl = string(3000, 1, /^(https?|mailto|slack):/);
const number = string(40, 1, /^-?\d+(\.\d+)?$/);

const confirm = object({
  'title?': plainText(100),
  text: anyText(300),
  'confirm?': plainText(30),
  'deny?': plainText(30),
  'style?': oneOf('primary', 'danger'),
});

const common: Shape = { type, 'action_id?': actionId };
const focusable: Shape = { ...common, 'focus_on_load?': boolean };
const pickable: Shape = { ...focusable, 'confirm?': confirm };
const typed: Shape = {
  ...focusable,
  'placeholder?': plainText(150),
  'initial_value?': string(3000),
  'dispatch_action_config?': object({
    'trigger_actions_on?': list(oneOf('on_enter_pressed', 'on_character_entered'), 1, 2),
  }),
};

const option = (text: Rule, withUrl = false): Rule =>
  object({
    text,
    'value?': string(150),
    'description?': plainText(75),
    ...(withUrl ? { 'url?': webUrl } : {}),
  });
const plainOption = option(plainText(75));
const textOption = option(anyText(75));

/** Initial choices must be among the options offered, or Slack refuses the whole block. */
function initialAmongOptions(element: JsonObject, pointer: string, report: Report): void {
  const groups = Array.isArray(element['option_groups']) ? element['option_groups'].filter(isObject) : [];
  const offered = [element, ...groups].flatMap((holder) =>
    Array.isArray(holder['options']) ? (holder['options'] as unknown[]) : [],
  );
  const known = new Set(offered.map((entry) => JSON.stringify(isObject(entry) ? entry['value'] : entry)));
  const initial = element['initial_options'] ?? (element['initial_option'] ? [element['initial_option']] : []);
  for (const entry of Array.isArray(initial) ? initial : []) {
    if (!known.has(JSON.stringify(isObject(entry) ? entry['value'] : entry)))
      report.add('initial option is not among the options', pointer);
  }
}

const select = (initial: Shape): Rule =>
  object(
    {
      ...pickable,
      'placeholder?': plainText(150),
      'options?': list(plainOption, 1, 100),
      'option_groups?': list(object({ label: plainText(75), options: list(plainOption, 1, 100) }), 1, 100),
      ...initial,
    },
    (element, pointer, report) => {
      if ((element['options'] === undefined) === (element['option_groups'] === undefined))
        report.add('exactly one of options and option_groups is required', pointer);
      initialAmongOptions(element, pointer, report);
    },
  );

const lookup = (initial: string): Rule =>
  object({ ...pickable, 'placeholder?': plainText(150), [`${initial}?`]: string(40) });

const plainTextInput = object(
  {
    ...typed,
    'multiline?': boolean,
    'min_length?': integer(0, 3000),
    'max_length?': integer(1, 3000),
  },
  (element, pointer, report) => {
    const { min_length: min, max_length: max } = element;
    if (typeof min === 'number' && typeof max === 'number' && min > max)
      report.add('min_length must not exceed max_length', pointer);
  },
);

const numberInput = object(
  { ...typed, is_decimal_allowed: boolean, 'initial_value?': number, 'min_value?': number, 'max_value?': number },
  (element, pointer, report) => {
    const { min_value: min, max_value: max } = element;
    if (typeof min === 'string' && typeof max === 'string' && Number(min) > Number(max))
      report.add('min_value must not exceed max_value', pointer);
  },
);

const BUTTON = object({
  ...common,
  text: plainText(75),
  'value?': string(2000, 0),
  'url?': webUrl,
  'style?': oneOf('primary', 'danger'),
  'confirm?': confirm,
  'accessibility_label?': string(75),
});

const CHOICES: Readonly<Record<string, Rule>> = {
  static_select: select({ 'initial_option?': plainOption }),
  multi_static_select: select({
    'initial_options?': list(plainOption, 1, 100),
    'max_selected_items?': integer(1, 100),
  }),
  checkboxes: object(
    { ...pickable, options: list(textOption, 1, 10), 'initial_options?': list(textOption, 1, 10) },
    initialAmongOptions,
  ),
  radio_buttons: object(
    { ...pickable, options: list(textOption, 1, 10), 'initial_option?': textOption },
    initialAmongOptions,
  ),
  users_select: lookup('initial_user'),
  conversations_select: lookup('initial_conversation'),
  channels_select: lookup('initial_channel'),
  datepicker: object({
    ...pickable,
    'placeholder?': plainText(150),
    'initial_date?': string(10, 10, /^\d{4}-\d{2}-\d{2}$/),
  }),
  timepicker: object({
    ...pickable,
    'placeholder?': plainText(150),
    'initial_time?': string(5, 5, /^([01]\d|2[0-3]):[0-5]\d$/),
    'timezone?': string(60),
  }),
};
const DATETIME = object({ ...pickable, 'initial_date_time?': integer(1_000_000_000, 9_999_999_999) });
const OVERFLOW = object({
  ...common,
  'confirm?': confirm,
  options: list(option(plainText(75), true), 1, 5),
});

/** A rule for the `image` block element: alt text and an http(s) address, which the page never loads. */
export const imageElement: Rule = object({ type, alt_text: string(2000), image_url: webUrl });

/** A rule for what may stand in an `actions` block. */
export const actionsElement: Rule = byType(
  { button: BUTTON, overflow: OVERFLOW, datetimepicker: DATETIME, ...CHOICES },
  'actions element',
);

/** A rule for the accessory of a `section`. */
export const accessoryElement: Rule = byType(
  { button: BUTTON, overflow: OVERFLOW, image: imageElement, ...CHOICES },
  'section accessory',
);

/** A rule for the element of an `input` block. */
export const inputElement: Rule = byType(
  {
    ...CHOICES,
    datetimepicker: DATETIME,
    plain_text_input: plainTextInput,
    number_input: numberInput,
    email_text_input: object(typed),
    url_text_input: object(typed),
  },
  'input element',
);
