import type { ServerResponse } from 'node:http';
import type { Gate } from '../gate.js';
import { send, sendJson, type Request } from '../http.js';
import type { OpenViews } from '../open-views.js';
import type { Workspace } from '../workspace.js';
import { Html } from './html.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { renderDocument, renderParts } from './render-page.js';
import { sightOf } from './sight.js';

/** How long a browser waits for something new before it asks again. */
const POLL_MS = 20_000;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" fill="#3b2a6b"/><path d="M8 11l4.6 14L18 14l5.4 11L28 11" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>';

const ASSETS: Readonly<Record<string, readonly [type: string, body: string]>> = {
  '/page.css': ['text/css; charset=utf-8', PAGE_STYLE],
  '/page.js': ['text/javascript; charset=utf-8', PAGE_SCRIPT],
  '/icon.svg': ['image/svg+xml', ICON],
};

/** The page for people: rendered here, replaced part by part as the workspace changes. */
export class Page {
  private readonly waiting = new Set<() => void>();
  private readonly stop: () => void;

  constructor(
    private readonly workspace: Workspace,
    private readonly views: OpenViews,
    private readonly gate: Gate,
  ) {
    this.stop = workspace.onChange(() => this.wakeAll());
  }

  /** Answers style, script and icon, which hold nothing of the workspace; false for any other path. */
  asset(path: string, response: ServerResponse): boolean {
    const asset = Object.hasOwn(ASSETS, path) ? ASSETS[path] : undefined;
    if (asset) send(response, 200, asset[0], asset[1], SECURITY_HEADERS);
    return asset !== undefined;
  }

  /** Answers the document at `/` and its newest parts at `/parts`; false for any other path. */
  async answer(request: Request, response: ServerResponse): Promise<boolean> {
    if (request.path === '/') this.document(request, response);
    else if (request.path === '/parts') await this.parts(request, response);
    else return false;
    return true;
  }

  close(): void {
    this.stop();
    this.wakeAll();
  }

  private document(request: Request, response: ServerResponse): void {
    const sight = sightOf(request.query, this.workspace);
    if (!sight) return send(response, 200, 'text/plain; charset=utf-8', 'This workspace has no people.');
    const { sidebar, pane, thread, modal } = renderParts(sight, this.workspace, this.views);
    const parts = {
      sidebar: new Html(sidebar),
      pane: new Html(pane),
      thread: new Html(thread),
      modal: new Html(modal),
    };
    const body = renderDocument(parts, this.workspace.version).text;
    send(response, 200, 'text/html; charset=utf-8', body, { ...SECURITY_HEADERS, 'set-cookie': this.gate.cookie });
  }

  /** Waits while the browser already shows the newest version, at most 20 s. */
  private async parts(request: Request, response: ServerResponse): Promise<void> {
    if (request.query.get('version') === String(this.workspace.version)) await this.nextChange(response);
    const sight = sightOf(request.query, this.workspace);
    if (!sight) return sendJson(response, 404, { error: 'this workspace has no people' });
    const parts = renderParts(sight, this.workspace, this.views);
    sendJson(response, 200, { version: this.workspace.version, at: sight.at, as: sight.person.user, parts });
  }

  private nextChange(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, POLL_MS);
      this.waiting.add(end);
      response.on('close', end);
    });
  }

  private wakeAll(): void {
    for (const wake of [...this.waiting]) wake();
  }
}
