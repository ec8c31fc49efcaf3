import { isObject, objectsOf, stringOf, type JsonObject } from '../json.js';
import { html, Html } from './html.js';
import { formatDate, link, plain, mrkdwn, type Names } from './mrkdwn.js';
import { actionControl, inputControl, textObject, type Surface } from './render-elements.js';

/** The page loads nothing from elsewhere: a picture is shown by its description. */
function picture(element: JsonObject): Html {
  return html`<span class="picture" role="img" aria-label="${stringOf(element, 'alt_text')}"
    >Image: ${stringOf(element, 'alt_text')}</span
  >`;
}

/** What Slack shows of a long section that did not ask to be shown whole, before somebody says "See more". */
const FOLD_LINES = 5;
const FOLD_CHARACTERS = 700;

/** The text of a section; folded as Slack folds it, unless the section has `expand`. */
function sectionText(block: JsonObject, names: Names): Html {
  const { text } = block;
  if (!isObject(text)) return html``;
  const whole = stringOf(text, 'text');
  const head = whole.split('\n').slice(0, FOLD_LINES).join('\n').slice(0, FOLD_CHARACTERS);
  if (block['expand'] === true || head.length === whole.length)
    return html`<div class="text">${textObject(text, names)}</div>`;
  return html`<details class="text fold">
    <summary>${textObject({ ...text, text: head }, names)}<span class="more">… See more</span></summary>
    ${textObject({ ...text, text: whole.slice(head.length).replace(/^\n/, '') }, names)}
  </details>`;
}

function section(block: JsonObject, blockId: string, surface: Surface): Html {
  const fields = objectsOf(block, 'fields');
  const accessory = block['accessory'];
  return html`<div class="block section">
    <div class="body">
      ${sectionText(block, surface.names)}
      ${
        fields.length > 0 &&
        html`<div class="fields">
          ${fields.map((field) => html`<div class="text">${textObject(field, surface.names)}</div>`)}
        </div>`
      }
    </div>
    ${
      isObject(accessory) &&
      (accessory['type'] === 'image' ? picture(accessory) : actionControl(accessory, blockId, surface))
    }
  </div>`;
}

function input(block: JsonObject, blockId: string, surface: Surface): Html {
  const element = isObject(block['element']) ? block['element'] : {};
  const id = `input-${blockId}`;
  const error = surface.errors[blockId];
  return html`<div class="block input">
    <label for="${id}"
      >${textObject(block['label'], surface.names)}${
        block['optional'] === true && html` <span class="quiet">(optional)</span>`
      }</label
    >
    ${inputControl(element, blockId, surface, id, `${id}-hint ${id}-error`)}
    ${isObject(block['hint']) && html`<p class="hint" id="${id}-hint">${textObject(block['hint'], surface.names)}</p>`}
    ${error !== undefined && html`<p class="error" id="${id}-error" role="alert">${error}</p>`}
  </div>`;
}

function richInline(element: JsonObject, names: Names): Html {
  const style = isObject(element['style']) ? element['style'] : {};
  const tags = { bold: 'strong', italic: 'em', strike: 's', code: 'code', underline: 'u' };
  let content: Html;
  switch (element['type']) {
    case 'link':
      content = link(stringOf(element, 'url'), stringOf(element, 'text') || stringOf(element, 'url'));
      break;
    case 'emoji':
      content = plain(`:${stringOf(element, 'name')}:`);
      break;
    case 'user':
      content = mrkdwn(`<@${stringOf(element, 'user_id')}>`, names);
      break;
    case 'channel':
      content = mrkdwn(`<#${stringOf(element, 'channel_id')}>`, names);
      break;
    case 'broadcast':
      content = html`<span class="mention">@${stringOf(element, 'range')}</span>`;
      break;
    case 'date':
      content = html`${formatDate(Number(element['timestamp']), stringOf(element, 'format'), names.now)}`;
      break;
    default:
      content = plain(stringOf(element, 'text'), false);
  }
  return Object.entries(tags).reduce(
    (inner, [name, tag]) => (style[name] === true ? new Html(`<${tag}>${inner.text}</${tag}>`) : inner),
    content,
  );
}

function richText(element: JsonObject, names: Names): Html {
  const inline = (): Html[] => objectsOf(element, 'elements').map((entry) => richInline(entry, names));
  switch (element['type']) {
    case 'rich_text_list': {
      const items = objectsOf(element, 'elements').map((item) => html`<li>${richText(item, names)}</li>`);
      return element['style'] === 'ordered'
        ? html`<ol>
            ${items}
          </ol>`
        : html`<ul>
            ${items}
          </ul>`;
    }
    case 'rich_text_quote':
      return html`<blockquote>${inline()}</blockquote>`;
    case 'rich_text_preformatted':
      return html`<pre>${objectsOf(element, 'elements').map((entry) => stringOf(entry, 'text'))}</pre>`;
    default:
      return html`<div>${inline()}</div>`;
  }
}

function block(one: JsonObject, surface: Surface): Html {
  const blockId = stringOf(one, 'block_id');
  const { names } = surface;
  switch (one['type']) {
    case 'header':
      return html`<h3 class="block header">${textObject(one['text'], names)}</h3>`;
    case 'divider':
      return html`<hr class="block" />`;
    case 'section':
      return section(one, blockId, surface);
    case 'context':
      return html`<div class="block context">
        ${objectsOf(one, 'elements').map((element) =>
          element['type'] === 'image' ? picture(element) : html`<span>${textObject(element, names)}</span>`,
        )}
      </div>`;
    case 'actions':
      return html`<div class="block actions">
        ${objectsOf(one, 'elements').map((element) => actionControl(element, blockId, surface))}
      </div>`;
    case 'input':
      return input(one, blockId, surface);
    case 'image':
      return html`<div class="block">${picture(one)}</div>`;
    case 'rich_text':
      return html`<div class="block text">
        ${objectsOf(one, 'elements').map((element) => richText(element, names))}
      </div>`;
    case 'markdown':
      return html`<div class="block text">${plain(stringOf(one, 'text'), false)}</div>`;
    default:
      return html``;
  }
}

/** Takes sound blocks; returns them as HTML. Text that is not mrkdwn stays inert. */
export function renderBlocks(blocks: readonly JsonObject[], surface: Surface): Html {
  return html`${blocks.map((one) => block(one, surface))}`;
}
