import { BadCommand, type Answer } from '../command.js';
import { isObject, stringOf, type JsonObject } from '../json.js';
import { envelopeOf, type DisconnectReason, type Envelope } from './envelope.js';
import type { Sockets } from './sockets.js';

const REASONS: readonly string[] = ['warning', 'refresh_requested', 'link_disabled', 'too_many_websockets'];

/** `GET /_dev/socket`: how many connections are open, and the newest envelopes with their acknowledgements. */
export function socketState(sockets: Sockets | null): JsonObject {
  return { connections: sockets?.connections ?? 0, envelopes: sockets?.sent ?? [] };
}

/**
 * `POST /_dev/socket`: exactly one of `disconnect` (a reason as Slack gives it), `drop` (cut without a word), `say` (a
 * text as it stands) and `payload` (in a new envelope, or in the one that `envelope_id` names).
 */
export async function socketCommand(sockets: Sockets | null, command: JsonObject): Promise<Answer> {
  if (sockets === null) throw new BadCommand('this app has Socket Mode off: start the local Slack with it');
  const { disconnect, drop, say, payload } = command;
  if (typeof disconnect === 'string' && REASONS.includes(disconnect))
    sockets.disconnect(disconnect as DisconnectReason);
  else if (drop === true) sockets.drop();
  else if (typeof say === 'string') sockets.say(say);
  else if (isObject(payload)) return deliver(sockets, payload, stringOf(command, 'envelope_id'));
  else throw new BadCommand(`one of disconnect (${REASONS.join(', ')}), drop, say and payload is required`);
  return { status: 200, body: { ok: true } };
}

async function deliver(sockets: Sockets, payload: JsonObject, id: string): Promise<Answer> {
  const fresh = envelopeOf('interactive', payload);
  const envelope: Envelope = id === '' ? fresh : { ...fresh, envelope_id: id };
  const answer = await sockets.deliver(envelope);
  const ack = typeof answer === 'string' ? { ok: false, error: answer } : { ok: true, ack: answer.payload };
  return { status: 200, body: { ...ack, envelope_id: envelope.envelope_id } };
}
