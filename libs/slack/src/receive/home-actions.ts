import type { App } from '@slack/bolt';
import type { OnIncomplete } from './bolt-app.js';
import { parseHomeClick, type HomeClick } from './home-clicks.js';

/** What the buttons of the Home tab do. Each is called once per delivery, after Slack has its answer. */
export interface HomeHandlers {
  details(click: HomeClick): Promise<void>;
  revoke(click: HomeClick): Promise<void>;
  link(click: HomeClick): Promise<void>;
}

/** Wires one listener to each button of the Home tab; what is not a complete click of one goes to `incomplete`. */
export function registerHome(app: App, handlers: HomeHandlers, incomplete: OnIncomplete): void {
  const onClick = (actionId: string, handle: (click: HomeClick) => Promise<void>) =>
    app.action({ type: 'block_actions', action_id: actionId }, async ({ ack, body }) => {
      await ack();
      const click = parseHomeClick(body);
      if (click === null) await incomplete(actionId, body);
      else await handle(click);
    });
  onClick('writ_home_details', (click) => handlers.details(click));
  onClick('writ_home_revoke', (click) => handlers.revoke(click));
  onClick('writ_home_link', (click) => handlers.link(click));
  // A button that is a link is opened by Slack; its click is reported all the same.
  app.action({ type: 'block_actions', action_id: 'writ_home_open' }, ({ ack }) => ack());
}
