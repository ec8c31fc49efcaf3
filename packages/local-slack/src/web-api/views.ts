import { VIEW_BYTES_MAX, viewFaults } from '../block-kit/views.js';
import type { JsonObject } from '../json.js';
import type { OpenView } from '../open-views.js';
import { done, fail, type Answer, type Args, type CallServices } from './call.js';

function readView(
  desk: CallServices,
  args: Args,
  expected: 'modal' | 'home',
  replaced?: OpenView,
): { view: JsonObject } | Answer {
  const view = args.json('view');
  const faults = viewFaults(view, expected);
  if (faults.length > 0) return fail('invalid_arguments', faults);
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES_MAX) return fail('view_too_large');
  const sound = view as JsonObject;
  const namesake = desk.views.byExternalId(String(sound['external_id'] ?? ''));
  return namesake && namesake !== replaced ? fail('duplicate_external_id') : { view: sound };
}

/** `views.open`: a modal for the person whose click gave the trigger; the trigger lives 3 s and opens one modal. */
export function openView(desk: CallServices, args: Args): Answer {
  if (!args.has('trigger_id')) return fail('invalid_arguments', ['[ERROR] missing required field: trigger_id']);
  const triggerId = args.text('trigger_id');
  const trigger = desk.triggers.check(triggerId);
  if ('error' in trigger) return fail(trigger.error);
  const read = readView(desk, args, 'modal');
  if ('ok' in read) return read;
  desk.triggers.exchange(triggerId);
  return done({ view: desk.views.wire(desk.views.open(trigger.user, read.view, undefined, triggerId)) });
}

/** `views.update`: replaces an open view, named by `view_id` or `external_id`; a stale `hash` is refused. */
export function updateView(desk: CallServices, args: Args): Answer {
  const view = args.has('view_id')
    ? desk.views.find(args.text('view_id'))
    : desk.views.byExternalId(args.text('external_id'));
  if (!view) return fail('not_found');
  if (args.has('hash') && args.text('hash') !== view.hash) return fail('hash_conflict');
  const read = readView(desk, args, view.content['type'] === 'home' ? 'home' : 'modal', view);
  if ('ok' in read) return read;
  desk.views.replace(view, read.view);
  return done({ view: desk.views.wire(view) });
}

/** `views.publish`: a person's Home tab. */
export function publishView(desk: CallServices, args: Args): Answer {
  const user = args.text('user_id');
  if (!desk.workspace.people.has(user)) return fail('user_not_found');
  const before = desk.views.home(user);
  if (args.has('hash') && args.text('hash') !== before?.hash) return fail('hash_conflict');
  const read = readView(desk, args, 'home', before);
  if ('ok' in read) return read;
  return done({ view: desk.views.wire(desk.views.publish(user, read.view)) });
}
