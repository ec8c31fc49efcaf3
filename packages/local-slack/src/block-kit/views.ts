import { isObject } from '../json.js';
import { checkBlocks, interactiveElements } from './blocks.js';
import { boolean, object, plainText, Report, string, type Rule } from './rules.js';

/** Modals and the Home tab hold up to this many blocks; messages 50. */
export const VIEW_BLOCKS_MAX = 100;
/** Slack refuses a view that is larger than this when written as JSON (`view_too_large`). */
export const VIEW_BYTES_MAX = 250_000;

const anything: Rule = () => undefined;
const base = {
  type: string(20),
  blocks: anything,
  'private_metadata?': string(3000, 0),
  'callback_id?': string(255, 0),
  'external_id?': string(255, 0),
};
const modal = object({
  ...base,
  title: plainText(24),
  'submit?': plainText(24),
  'close?': plainText(24),
  'clear_on_close?': boolean,
  'notify_on_close?': boolean,
});
const home = object(base);

/** Takes a view and the type it must have; returns the faults (none when it is sound), with pointers below `/view`. */
export function viewFaults(view: unknown, expected: 'modal' | 'home'): string[] {
  const report = new Report();
  if (!isObject(view)) report.add('must be an object', '/view');
  else if (view['type'] !== expected) report.add(`must be a ${expected} view`, '/view/type');
  else {
    (expected === 'modal' ? modal : home)(view, '/view', report);
    checkBlocks(view['blocks'], VIEW_BLOCKS_MAX, '/view/blocks', report);
    const blocks = Array.isArray(view['blocks']) ? view['blocks'].filter(isObject) : [];
    if (expected === 'modal' && view['submit'] === undefined && blocks.some((block) => block['type'] === 'input'))
      report.add('submit is required when an input block is present', '/view');
    const focused = blocks.flatMap(interactiveElements).filter((element) => element['focus_on_load'] === true);
    if (focused.length > 1) report.add('only one element may have focus_on_load', '/view/blocks');
  }
  return report.messages;
}
