import { normaliseBlocks } from './block-kit/normalise.js';
import type { Delivered } from './delivery.js';
import { isObject, parseJson, stringOf, type JsonObject } from './json.js';

/** What an app answers to a slash command in the same breath. */
export interface CommandReply {
  readonly response_type: 'ephemeral' | 'in_channel';
  readonly text: string;
  readonly blocks: JsonObject[];
}

/** Reads the answer to a command: nothing, plain text, or a JSON message as `application/json`. */
export function readAnswer({ body, headers }: Delivered): CommandReply | { readonly invalid: string } | null {
  const text = body.trim();
  if (text === '') return null;
  // A socket's acknowledgement has no headers: its payload is JSON.
  const type = headers['content-type'] ?? 'application/json';
  if (!type.startsWith('application/json')) return { response_type: 'ephemeral', text, blocks: [] };
  const message = parseJson(text);
  if (!isObject(message)) return { invalid: 'the answer is no JSON object' };
  const kind = message['response_type'] ?? 'ephemeral';
  if (kind !== 'ephemeral' && kind !== 'in_channel') return { invalid: 'response_type is ephemeral or in_channel' };
  const said = stringOf(message, 'text');
  const blocks = message['blocks'] ?? [];
  if (!Array.isArray(blocks)) return { invalid: 'blocks is an array' };
  if (said === '' && blocks.length === 0) return { invalid: 'no_text' };
  return { response_type: kind, text: said, blocks: normaliseBlocks(blocks) };
}
