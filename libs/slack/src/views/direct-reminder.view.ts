import type { RatedCall } from '#domain/words/call-lines.js';
import { escapeMrkdwn, inertLine, unmarked } from './inert-text.js';
import type { CardMessage } from './card/approval-card.view.js';
import { clock, context, plain, sections } from './block-kit.js';
import { fold } from './fold.js';
import { askedOn, exactCalls, firstCallWords } from './card/card-facts.js';
import { QUOTE } from './quoted.js';

/** What a person is reminded of: configured names, and the calls as they are asked. */
export interface DirectReminder {
  readonly eventId: string;
  readonly agent: string;
  readonly resource: string;
  readonly calls: readonly RatedCall[];
  /** The group they may decide for. */
  readonly group: string;
  readonly url: string;
  readonly expiresAtSeconds: number;
}

const CALLS_ROOM = 1_200;

/** A reminder for one person: who waits for what, until when, and the page where it is decided. Nothing here decides. */
export function directReminder({
  eventId,
  agent,
  resource,
  calls,
  group,
  url,
  expiresAtSeconds,
}: DirectReminder): CardMessage {
  const asked = askedOn(calls, resource);
  const waits = inertLine(`${agent} still waits for ${group} to decide: `);
  const exact = fold(
    exactCalls(calls)
      .flatMap(({ lines }) => lines)
      .join('\n'),
    CALLS_ROOM,
  );
  return {
    text: escapeMrkdwn(fold(`${waits}${unmarked(asked)} · ${firstCallWords(calls)}`, 600).shown),
    metadata: { event_type: 'writ_reminder', event_payload: { event_id: eventId } },
    blocks: [
      {
        type: 'section',
        expand: true,
        text: plain(`${waits}${asked}`),
        accessory: { type: 'button', action_id: 'writ_console', text: plain('Open in console'), url },
      },
      ...sections([exact.shown, ...(exact.hidden === 0 ? [] : ['… the rest is in the console'])], QUOTE),
      ...context([
        clock('Decide before', expiresAtSeconds),
        plain('/writ mute keeps such reminders away for a while.'),
      ]),
    ],
  };
}
