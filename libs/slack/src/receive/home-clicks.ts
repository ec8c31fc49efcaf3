import { member } from '#domain/json.js';
import { parseSender, type Sender } from './clicks.js';

/** A click on a button of somebody's own Home tab. What the button is about is judged afresh, whatever `value` says. */
export interface HomeClick extends Sender {
  readonly triggerId: string;
  readonly value: string;
}

/** The buttons of a Home tab. */
export const HOME_ACTIONS: readonly string[] = [
  'writ_home_details',
  'writ_home_revoke',
  'writ_home_link',
  'writ_home_open',
];

const OPAQUE = /^[\x21-\x7e]{1,255}$/;

/** A `block_actions` body of a Home tab as a click, or `null` when a member is missing, malformed or of another place. */
export function parseHomeClick(body: unknown): HomeClick | null {
  const sender = parseSender(body);
  const triggerId = opaque(member(body, 'trigger_id'));
  const actions = member(body, 'actions');
  const value = Array.isArray(actions) && actions.length === 1 ? opaque(member(actions[0], 'value')) : null;
  const inHome =
    member(member(body, 'container'), 'type') === 'view' && member(member(body, 'view'), 'type') === 'home';
  if (sender === null || triggerId === null || value === null || !inHome) return null;
  return { ...sender, triggerId, value };
}

function opaque(value: unknown): string | null {
  return typeof value === 'string' && OPAQUE.test(value) ? value : null;
}
