import { interactiveElements } from './block-kit/blocks.js';
import { characters } from './block-kit/rules.js';
import { isObject, objectsOf, stringOf, type JsonObject } from './json.js';

/** `state.values` of a view: block id, action id, the element's state. */
export type ViewValues = Record<string, Record<string, JsonObject>>;

/** Which member of an element's state holds its value, and where its initial value stands. */
const VALUE_MEMBERS: Readonly<Record<string, { state: string; initial: string }>> = {
  plain_text_input: { state: 'value', initial: 'initial_value' },
  number_input: { state: 'value', initial: 'initial_value' },
  email_text_input: { state: 'value', initial: 'initial_value' },
  url_text_input: { state: 'value', initial: 'initial_value' },
  static_select: { state: 'selected_option', initial: 'initial_option' },
  radio_buttons: { state: 'selected_option', initial: 'initial_option' },
  multi_static_select: { state: 'selected_options', initial: 'initial_options' },
  checkboxes: { state: 'selected_options', initial: 'initial_options' },
  users_select: { state: 'selected_user', initial: 'initial_user' },
  conversations_select: { state: 'selected_conversation', initial: 'initial_conversation' },
  channels_select: { state: 'selected_channel', initial: 'initial_channel' },
  datepicker: { state: 'selected_date', initial: 'initial_date' },
  timepicker: { state: 'selected_time', initial: 'initial_time' },
  datetimepicker: { state: 'selected_date_time', initial: 'initial_date_time' },
};

/** Takes an element; returns the options it offers, grouped or not. */
export function optionsOf(element: JsonObject): JsonObject[] {
  return [
    ...objectsOf(element, 'options'),
    ...objectsOf(element, 'option_groups').flatMap((group) => objectsOf(group, 'options')),
  ];
}

function pick(element: JsonObject, wanted: unknown): JsonObject | undefined {
  const value = isObject(wanted) ? wanted['value'] : wanted;
  return optionsOf(element).find((option) => option['value'] === value);
}

/** Takes an element and what a person chose or typed (string, number, list, or an element state); returns its state, or undefined when it offers no such choice. */
export function elementState(element: JsonObject, given: unknown): JsonObject | undefined {
  const type = stringOf(element, 'type');
  const member = VALUE_MEMBERS[type]?.state;
  if (!member) return undefined;
  const wanted = isObject(given) && member in given ? given[member] : given;
  const empty = wanted === null || wanted === undefined || wanted === '';
  if (member === 'selected_option') {
    const option = empty ? null : pick(element, wanted);
    return option === undefined ? undefined : { type, selected_option: option };
  }
  if (member === 'selected_options') {
    const list = empty ? [] : Array.isArray(wanted) ? wanted : [wanted];
    const options = list.map((entry) => pick(element, entry));
    return options.includes(undefined) ? undefined : { type, selected_options: options };
  }
  if (empty) return { type, [member]: null };
  if (typeof wanted === 'object') return undefined;
  return { type, [member]: member === 'selected_date_time' ? Number(wanted) : String(wanted) };
}

/** Takes the blocks of a view; returns `state.values` before anybody touched it. */
export function initialValues(blocks: readonly JsonObject[]): ViewValues {
  const values: ViewValues = {};
  for (const block of blocks)
    for (const element of interactiveElements(block)) {
      const members = VALUE_MEMBERS[stringOf(element, 'type')];
      const state = members && elementState(element, element[members.initial]);
      if (state) (values[String(block['block_id'])] ??= {})[String(element['action_id'])] = state;
    }
  return values;
}

/** Takes the blocks, the values so far and what a person filled in (by block and action, or by action alone); returns all values, or the name of what is not there. */
export function filledValues(
  blocks: readonly JsonObject[],
  before: ViewValues,
  given: JsonObject,
): { values: ViewValues } | { unknown: string } {
  const values = structuredClone(before);
  const used = new Set<string>();
  for (const block of blocks)
    for (const element of interactiveElements(block)) {
      const [blockId, actionId] = [String(block['block_id']), String(element['action_id'])];
      const nested = given[blockId];
      const inBlock = isObject(nested) && actionId in nested;
      if (!inBlock && !(actionId in given)) continue;
      const state = elementState(element, inBlock ? nested[actionId] : given[actionId]);
      if (!state) return { unknown: `${blockId}/${actionId} does not offer the given value` };
      (values[blockId] ??= {})[actionId] = state;
      used.add(inBlock ? blockId : actionId);
    }
  const unused = Object.keys(given).find((name) => !used.has(name));
  return unused === undefined ? { values } : { unknown: `the view has no input ${unused}` };
}

function inputFault(element: JsonObject, state: JsonObject | undefined, optional: boolean): string | undefined {
  const member = VALUE_MEMBERS[stringOf(element, 'type')]?.state ?? 'value';
  const value = state?.[member];
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0))
    return optional ? undefined : 'Please complete this required field.';
  if (typeof value !== 'string') return undefined;
  const { min_length: min, max_length: max, min_value: least, max_value: most } = element;
  if (typeof min === 'number' && characters(value) < min) return `Please enter at least ${min} characters.`;
  if (characters(value) > (typeof max === 'number' ? max : 3000))
    return `Please enter no more than ${typeof max === 'number' ? max : 3000} characters.`;
  if (element['type'] !== 'number_input') return undefined;
  if (!/^-?\d+(\.\d+)?$/.test(value)) return 'Please enter a number.';
  if (element['is_decimal_allowed'] !== true && value.includes('.')) return 'Please enter a whole number.';
  if (typeof least === 'string' && Number(value) < Number(least)) return `Please enter a number of at least ${least}.`;
  if (typeof most === 'string' && Number(value) > Number(most)) return `Please enter a number of at most ${most}.`;
  return undefined;
}

/** Takes blocks and values; returns what Slack itself would complain about before it sends anything, by block id. */
export function inputFaults(blocks: readonly JsonObject[], values: ViewValues): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const block of blocks) {
    const element = block['element'];
    if (block['type'] !== 'input' || !isObject(element)) continue;
    const id = String(block['block_id']);
    const fault = inputFault(element, values[id]?.[String(element['action_id'])], block['optional'] === true);
    if (fault) faults[id] = fault;
  }
  return faults;
}
