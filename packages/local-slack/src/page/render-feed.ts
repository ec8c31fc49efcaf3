import type { Channel, Message, Person, Workspace } from '../workspace.js';
import { html, type Html } from './html.js';
import { formatDate, mrkdwn, plain } from './mrkdwn.js';
import { renderBlocks } from './render-blocks.js';
import { namesOf, surfaceOf, visibleMessages, type Sight } from './sight.js';

const seconds = (ts: string): number => Number(ts.split('.')[0]);

/** The app's picture: a seal with a W. */
export function appMark(): Html {
  return html`<svg class="avatar app" viewBox="0 0 36 36" aria-hidden="true">
    <rect width="36" height="36" rx="8" />
    <path d="M8 11l4.6 14L18 14l5.4 11L28 11" />
  </svg>`;
}

const AVATAR_HUES = [265, 18, 150, 205, 330, 45];

/** The initial of a person on their own colour. */
export function avatar(person: Person, workspace: Workspace): Html {
  const index = [...workspace.people.keys()].indexOf(person.user);
  const hue = AVATAR_HUES[index % AVATAR_HUES.length] ?? 0;
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${person.realName.charAt(0).toUpperCase()}</span>`;
}

function eyeMark(): Html {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M1 8s2.6-4.5 7-4.5S15 8 15 8s-2.6 4.5-7 4.5S1 8 1 8z" />
    <circle cx="8" cy="8" r="2" />
  </svg>`;
}

function content(message: Message, workspace: Workspace): Html {
  const names = namesOf(workspace);
  if (message.blocks.length > 0)
    return renderBlocks(message.blocks, surfaceOf(workspace, { ts: message.ts, channel: message.channel }));
  return html`<div class="block text">${message.mrkdwn ? mrkdwn(message.text, names) : plain(message.text)}</div>`;
}

function article(message: Message, workspace: Workspace, footer: Html | false): Html {
  const time = seconds(message.ts);
  const now = workspace.now();
  const author = workspace.people.get(message.user);
  const name = author?.realName ?? 'Writ';
  return html`<article class="message ${message.ephemeral_to ? 'ephemeral' : ''}" aria-label="Message from ${name}">
    ${author ? avatar(author, workspace) : appMark()}
    <div class="content">
      ${message.ephemeral_to && html`<p class="quiet only">${eyeMark()} Only visible to you</p>`}
      <header>
        <b>${name}</b> ${!author && html`<span class="badge">APP</span>`}
        <time
          datetime="${new Date(time * 1000).toISOString()}"
          title="${formatDate(time, '{date_long} {time_secs}', now)}"
          >${formatDate(time, '{time}', now)}</time
        >
        ${message.edited && html`<span class="quiet">(edited)</span>`}
      </header>
      ${content(message, workspace)} ${footer}
    </div>
  </article>`;
}

function threadLink(message: Message, replies: readonly Message[], workspace: Workspace): Html | false {
  const last = replies.at(-1);
  if (!last) return false;
  const count = `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`;
  return html`<a class="thread-link" href="#" data-thread="${message.ts}"
    ><b>${count}</b> <span class="quiet">Last ${formatDate(seconds(last.ts), '{ago}', workspace.now())}</span></a
  >`;
}

/** The messages of the conversation that is looked at, with a line where a new day begins. */
export function renderFeed(sight: Sight, workspace: Workspace): Html {
  const all = visibleMessages(workspace, sight.at, sight.person.user);
  let day = '';
  const rows = all
    .filter((message) => !message.thread_ts)
    .map((message) => {
      const today = formatDate(seconds(message.ts), '{date_long_pretty}', workspace.now());
      const divider = today !== day && html`<div class="day"><span>${today}</span></div>`;
      day = today;
      const replies = all.filter((reply) => reply.thread_ts === message.ts);
      return html`${divider}${article(message, workspace, threadLink(message, replies, workspace))}`;
    });
  if (rows.length > 0) return html`<div class="feed" tabindex="0" role="region" aria-label="Messages">${rows}</div>`;
  return html`<div class="feed empty">
    ${appMark()}
    <h2>Nothing here yet</h2>
    <p class="quiet">When an agent asks for something that people decide, Writ posts its card here.</p>
  </div>`;
}

/** Where a person types: a message, or a slash command outside a thread. */
export function composer(channel: Channel, hint: string, thread?: Message): Html {
  return html`<form
    class="composer"
    data-compose="${channel.id}"
    ${thread ? html`data-reply="${thread.ts}"` : html``}
    autocomplete="off"
  >
    <input type="text" name="text" maxlength="4000" aria-label="${hint}" placeholder="${hint}" />
    <button type="submit" class="button">Send</button>
  </form>`;
}

/** The open thread: the message and its replies, or nothing. */
export function renderThread(sight: Sight, workspace: Workspace): Html {
  const all = visibleMessages(workspace, sight.at, sight.person.user);
  const root = all.find((message) => message.ts === sight.thread);
  if (!root) return html``;
  const replies = all.filter((message) => message.thread_ts === root.ts);
  const channel = workspace.channels.get(root.channel);
  return html`<aside class="thread" aria-label="Thread">
    <header class="bar">
      <h2>Thread</h2>
      <button type="button" class="icon" data-thread="" aria-label="Close thread">✕</button>
    </header>
    <div class="feed">
      ${article(root, workspace, false)}
      <div class="day">
        <span>${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}</span>
      </div>
      ${replies.map((message) => article(message, workspace, false))}
    </div>
    ${channel && composer(channel, `Reply as ${sight.person.realName}`, root)}
  </aside>`;
}
