import { escapeMrkdwn, inertLine } from '../inert-text.js';
import type { CardMessage } from './approval-card.view.js';
import { clock, context, plain } from './block-kit.js';

/** What a person is reminded of; configured names alone. */
export interface DirectReminder {
  readonly eventId: string;
  readonly agent: string;
  readonly resource: string;
  /** The group they may decide for. */
  readonly group: string;
  readonly url: string;
  readonly expiresAtSeconds: number;
}

/** A reminder for one person: who waits, until when, and the page where it is decided. Nothing here decides. */
export function directReminder({
  eventId,
  agent,
  resource,
  group,
  url,
  expiresAtSeconds,
}: DirectReminder): CardMessage {
  const words = inertLine(`${agent} still waits for ${group} to decide on ${resource}.`);
  return {
    text: escapeMrkdwn(words),
    metadata: { event_type: 'writ_reminder', event_payload: { event_id: eventId } },
    blocks: [
      {
        type: 'section',
        expand: true,
        text: plain(words),
        accessory: { type: 'button', action_id: 'writ_console', text: plain('Open in console'), url },
      },
      ...context([
        clock('Decide before', expiresAtSeconds),
        plain('/writ mute keeps such reminders away for a while.'),
      ]),
    ],
  };
}
