import { randomId } from '../credentials.js';
import { isObject, type JsonObject } from '../json.js';
import { interactiveElements } from './blocks.js';

function fillText(value: unknown): void {
  if (Array.isArray(value)) value.forEach(fillText);
  if (!isObject(value)) return;
  if (value['type'] === 'plain_text') value['emoji'] ??= true;
  if (value['type'] === 'mrkdwn') value['verbatim'] ??= false;
  Object.values(value).forEach(fillText);
}

/** Takes sound blocks; returns a copy as Slack stores them: ids given to what has none, text defaults filled in. */
export function normaliseBlocks(blocks: unknown): JsonObject[] {
  const copy = structuredClone(Array.isArray(blocks) ? blocks : []) as JsonObject[];
  for (const block of copy) {
    block['block_id'] ??= randomId(5);
    for (const element of interactiveElements(block)) element['action_id'] ??= randomId(5);
  }
  fillText(copy);
  return copy;
}
