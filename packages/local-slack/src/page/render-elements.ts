import { optionsOf, type ViewValues } from '../form-values.js';
import { isObject, objectsOf, stringOf, type JsonObject } from '../json.js';
import { attribute, html, type Html } from './html.js';
import { mrkdwn, plain, type Names } from './mrkdwn.js';

/** Where an element stands: what the page sends along when it is used, and how things are called. */
export interface Surface {
  readonly names: Names;
  /** The message that is clicked, or the view. */
  readonly origin: { readonly ts: string; readonly channel: string } | { readonly viewId: string };
  readonly values: ViewValues;
  readonly errors: Readonly<Record<string, string>>;
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
}

/** Takes a text object; returns it inert when it is plain, formatted when it is mrkdwn. */
export function textObject(text: unknown, names: Names): Html {
  if (!isObject(text)) return html``;
  const content = stringOf(text, 'text');
  return text['type'] === 'mrkdwn' ? mrkdwn(content, names) : plain(content, text['emoji'] !== false);
}

function originAttributes(surface: Surface, blockId: string, element: JsonObject): Html {
  const { origin } = surface;
  const where =
    'viewId' in origin
      ? html`data-view="${origin.viewId}"`
      : html`data-ts="${origin.ts}" data-channel="${origin.channel}"`;
  return html`${where} data-block="${blockId}" data-action="${String(element['action_id'])}"`;
}

/** The question that a button asks before it acts. */
function confirmDialog(confirm: JsonObject, names: Names): Html {
  const text = (member: string, otherwise: string): Html =>
    confirm[member] ? textObject(confirm[member], names) : html`${otherwise}`;
  const style = confirm['style'] === 'danger' ? 'danger' : 'primary';
  return html`<dialog class="confirm">
    <form method="dialog">
      <h2>${text('title', 'Are you sure?')}</h2>
      <div class="text">${textObject(confirm['text'], names)}</div>
      <menu>
        <button class="button" value="no">${text('deny', 'Cancel')}</button>
        <button class="button ${style} filled" value="yes" autofocus>${text('confirm', 'Yes')}</button>
      </menu>
    </form>
  </dialog>`;
}

function button(element: JsonObject, blockId: string, surface: Surface): Html {
  const style = stringOf(element, 'style');
  const label = stringOf(element, 'accessibility_label');
  const confirm = element['confirm'];
  const value = stringOf(element, 'value');
  const url = stringOf(element, 'url');
  return html`<span class="control"
    ><button
      type="button"
      class="button ${style}"
      data-click
      ${originAttributes(surface, blockId, element)}
      ${attribute(value !== '', 'data-has-value')}
      data-value="${value}"
      ${url !== '' && html`data-url="${url}" title="${url}"`}
      ${label !== '' && html`aria-label="${label}"`}
    >
      ${textObject(element['text'], surface.names)}</button
    >${isObject(confirm) && confirmDialog(confirm, surface.names)}</span
  >`;
}

function selectedValues(element: JsonObject, blockId: string, surface: Surface): Set<unknown> {
  const state = surface.values[blockId]?.[String(element['action_id'])] ?? {};
  const one = isObject(state['selected_option']) ? [state['selected_option']] : [];
  const named = ['selected_user', 'selected_conversation', 'selected_channel'].map((member) => state[member]);
  return new Set([...one, ...objectsOf(state, 'selected_options')].map((option) => option['value']).concat(named));
}

function choices(element: JsonObject, blockId: string, surface: Surface, input: string): Html {
  const kind = element['type'] === 'checkboxes' ? 'checkbox' : 'radio';
  const chosen = selectedValues(element, blockId, surface);
  return html`<div class="choices" role="${kind === 'radio' ? 'radiogroup' : 'group'}" ${input}>
    ${optionsOf(element).map(
      (option) =>
        html`<label class="choice"
          ><input
            type="${kind}"
            name="${blockId}-${String(element['action_id'])}"
            value="${stringOf(option, 'value')}"
            ${attribute(chosen.has(option['value']), 'checked')}
          /><span
            >${textObject(option['text'], surface.names)}${
              isObject(option['description']) &&
              html`<small>${textObject(option['description'], surface.names)}</small>`
            }</span
          ></label
        >`,
    )}
  </div>`;
}

function menu(element: JsonObject, blockId: string, surface: Surface, attributes: Html): Html {
  const type = stringOf(element, 'type');
  const chosen = selectedValues(element, blockId, surface);
  const directory = type === 'users_select' ? surface.people : surface.channels;
  const offered = optionsOf(element).map((option) => ({
    id: stringOf(option, 'value'),
    name: textObject(option['text'], surface.names),
  }));
  const entries = type.endsWith('static_select') || type === 'overflow' ? offered : directory;
  const placeholder = isObject(element['placeholder']) ? stringOf(element['placeholder'], 'text') : 'Choose an option';
  return html`<select ${attributes} ${attribute(type.startsWith('multi_'), 'multiple')}>
    ${!type.startsWith('multi_') && html`<option value="">${type === 'overflow' ? '•••' : placeholder}</option>`}
    ${entries.map(
      (entry) =>
        html`<option value="${entry.id}" ${attribute(chosen.has(entry.id), 'selected')}>${entry.name}</option>`,
    )}
  </select>`;
}

const INPUT_TYPES: Readonly<Record<string, string>> = {
  number_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'number',
};

function textInput(element: JsonObject, blockId: string, surface: Surface, attributes: Html): Html {
  const type = stringOf(element, 'type');
  const state = surface.values[blockId]?.[String(element['action_id'])] ?? {};
  const held = state['value'] ?? state['selected_date'] ?? state['selected_time'] ?? state['selected_date_time'] ?? '';
  const placeholder = stringOf(element['placeholder'], 'text');
  const shared = html`${attributes} placeholder="${placeholder}" autocomplete="off"
  ${attribute(element['focus_on_load'] === true, 'autofocus')}`;
  if (type === 'plain_text_input' && element['multiline'] === true)
    return html`<textarea rows="4" ${shared}>${String(held)}</textarea>`;
  const numeric = attribute(type === 'number_input', 'inputmode="decimal"');
  return html`<input type="${INPUT_TYPES[type] ?? 'text'}" ${numeric} ${shared} value="${String(held)}" />`;
}

/** Takes an element of an `actions` block or an accessory; returns its control, which acts at once. */
export function actionControl(element: JsonObject, blockId: string, surface: Surface): Html {
  const type = stringOf(element, 'type');
  if (type === 'button') return button(element, blockId, surface);
  const attributes = html`data-change ${originAttributes(surface, blockId, element)}
  aria-label="${stringOf(element['placeholder'], 'text') || 'Choose'}"`;
  const confirm = isObject(element['confirm']) && confirmDialog(element['confirm'], surface.names);
  if (type === 'checkboxes' || type === 'radio_buttons')
    return html`<span class="control" ${attributes}>${choices(element, blockId, surface, '')}${confirm}</span>`;
  const control = type.includes('select') || type === 'overflow' ? menu : textInput;
  return html`<span class="control">${control(element, blockId, surface, attributes)}${confirm}</span>`;
}

/** Takes the element of an `input` block and the ids of the texts that describe it; returns its control, read on submit. */
export function inputControl(
  element: JsonObject,
  blockId: string,
  surface: Surface,
  id: string,
  describedBy: string,
): Html {
  const type = stringOf(element, 'type');
  const invalid = attribute(surface.errors[blockId] !== undefined, 'aria-invalid="true"');
  const attributes = html`id="${id}" data-input data-block="${blockId}" data-action="${String(element['action_id'])}"
  aria-describedby="${describedBy}" ${invalid}`;
  if (type === 'checkboxes' || type === 'radio_buttons')
    return html`<div ${attributes}>${choices(element, blockId, surface, '')}</div>`;
  return type.includes('select')
    ? menu(element, blockId, surface, attributes)
    : textInput(element, blockId, surface, attributes);
}
