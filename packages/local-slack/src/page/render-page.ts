import { isObject } from '../json.js';
import type { OpenView, OpenViews } from '../open-views.js';
import type { Channel, Workspace } from '../workspace.js';
import { attribute, html, type Html } from './html.js';
import { renderBlocks } from './render-blocks.js';
import { textObject } from './render-elements.js';
import { appMark, avatar, composer, renderFeed, renderThread } from './render-feed.js';
import { namesOf, surfaceOf, visibleChannels, waitingCount, type Sight } from './sight.js';

/** The parts of the page that are replaced when something changes. */
export interface Parts {
  readonly sidebar: string;
  readonly pane: string;
  readonly thread: string;
  readonly modal: string;
}

function channelMark(channel: Channel): Html {
  if (channel.kind !== 'private') return html`#`;
  return html`<svg class="mark" viewBox="0 0 16 16" aria-label="private">
    <rect x="3" y="7" width="10" height="7" rx="1.5" />
    <path d="M5 7V5a3 3 0 0 1 6 0v2" />
  </svg>`;
}

function navLink(at: string, label: Html, sight: Sight, waiting = 0): Html {
  return html`<li>
    <a href="?as=${sight.person.user}&amp;at=${at}" data-at="${at}" ${attribute(sight.at === at, 'aria-current="page"')}
      ><span class="name">${label}</span>${
        waiting > 0 && html`<span class="count" aria-label="${waiting} with buttons">${waiting}</span>`
      }</a
    >
  </li>`;
}

function sidebar(sight: Sight, workspace: Workspace): Html {
  const { person } = sight;
  const channels = visibleChannels(workspace, person.user);
  const count = (id: string): number => waitingCount(workspace, id, person.user);
  return html`<div class="brand">
      ${appMark()}
      <div><b>Local Slack</b><small>for development</small></div>
    </div>
    <nav aria-label="Conversations">
      <h2>Channels</h2>
      <ul>
        ${channels
          .filter((channel) => !channel.user)
          .map((channel) =>
            navLink(channel.id, html`<i>${channelMark(channel)}</i>${channel.name}`, sight, count(channel.id)),
          )}
      </ul>
      <h2>Apps</h2>
      <ul>
        ${navLink('home', html`<i aria-hidden="true">⌂</i>Writ home`, sight)}
        ${channels
          .filter((channel) => channel.user)
          .map((channel) =>
            navLink(channel.id, html`<i aria-hidden="true">✉</i>Writ messages`, sight, count(channel.id)),
          )}
      </ul>
    </nav>
    <label class="who"
      >${avatar(person, workspace)}<span
        ><small>You act as</small
        ><select id="as" aria-label="You act as">
          ${[...workspace.people.values()].map(
            (entry) =>
              html`<option value="${entry.user}" ${attribute(entry.user === person.user, 'selected')}>
                ${entry.realName} (${entry.user})
              </option>`,
          )}
        </select></span
      ></label
    >`;
}

function pane(sight: Sight, workspace: Workspace, views: OpenViews): Html {
  const channel = workspace.channels.get(sight.at);
  if (sight.at === 'home' || !channel) {
    const home = views.home(sight.person.user);
    return html`<header class="bar">
        <h1>Writ</h1>
        <span class="quiet">Home tab of ${sight.person.realName}</span>
      </header>
      <div class="feed home">
        ${
          home
            ? renderBlocks(home.blocks, surfaceOf(workspace, { viewId: home.id }, home))
            : html`<div class="empty">
                ${appMark()}
                <h2>No Home tab yet</h2>
                <p class="quiet">Writ publishes one when it is told that the tab was opened.</p>
              </div>`
        }
      </div>`;
  }
  const members = [...workspace.people.values()].filter((person) => workspace.isMember(channel, person.user));
  return html`<header class="bar">
      <h1>${channel.user ? 'Writ' : html`<i>${channelMark(channel)}</i>${channel.name}`}</h1>
      <span class="members" title="${members.map((person) => person.realName).join(', ')}"
        >${members.slice(0, 5).map((person) => avatar(person, workspace))}<span class="quiet"
          >${members.length}</span
        ></span
      >
    </header>
    ${renderFeed(sight, workspace)} ${composer(channel, `Message or /writ as ${sight.person.realName}`)}`;
}

function modal(view: OpenView, workspace: Workspace): Html {
  const names = namesOf(workspace);
  const { content } = view;
  return html`<dialog class="modal" data-modal="${view.id}" aria-labelledby="modal-title">
    <form data-submit="${view.id}" novalidate>
      <header>
        ${appMark()}
        <h2 id="modal-title">${textObject(content['title'], names)}</h2>
        <button type="button" class="icon" data-close="${view.id}" aria-label="Close">✕</button>
      </header>
      <div class="scroll">${renderBlocks(view.blocks, surfaceOf(workspace, { viewId: view.id }, view))}</div>
      <footer>
        <button type="button" class="button" data-close="${view.id}">
          ${isObject(content['close']) ? textObject(content['close'], names) : content['submit'] ? 'Cancel' : 'Close'}
        </button>
        ${
          isObject(content['submit']) &&
          html`<button type="submit" class="button primary filled">${textObject(content['submit'], names)}</button>`
        }
      </footer>
    </form>
  </dialog>`;
}

/** Takes what is looked at; returns the parts of the page as HTML. */
export function renderParts(sight: Sight, workspace: Workspace, views: OpenViews): Parts {
  const front = views.inFront(sight.person.user);
  return {
    sidebar: sidebar(sight, workspace).text,
    pane: pane(sight, workspace, views).text,
    thread: renderThread(sight, workspace).text,
    modal: front ? modal(front, workspace).text : '',
  };
}

/** Takes the parts as HTML; returns the whole document. Script and style come from this server alone. */
export function renderDocument(parts: Record<keyof Parts, Html>, version: number): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Local Slack · Writ</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/page.css" />
        <script type="module" src="/page.js"></script>
      </head>
      <body data-version="${version}">
        <div class="sidebar" data-part="sidebar">${parts.sidebar}</div>
        <main data-part="pane">${parts.pane}</main>
        <div class="beside" data-part="thread">${parts.thread}</div>
        <div data-part="modal">${parts.modal}</div>
        <div class="toasts" role="status" aria-live="polite"></div>
        <noscript>This page needs JavaScript: it shows what happens and sends what you click.</noscript>
      </body>
    </html>`;
}
