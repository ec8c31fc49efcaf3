import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json.js';

/** Why an app is told to make way for a new connection, or that it gets none. */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

/** What goes to the app in one message. */
export interface Envelope {
  readonly envelope_id: string;
  readonly type: 'interactive' | 'events_api' | 'slash_commands';
  readonly accepts_response_payload: boolean;
  readonly payload: unknown;
  readonly retry_attempt?: number;
  readonly retry_reason?: string;
}

/** An envelope that was sent, and what the app answered within its time: `undefined` when it did not. */
export interface SentEnvelope {
  readonly envelope: Envelope;
  readonly ack?: { readonly payload: JsonObject };
}

/** A new envelope around a payload; only an interaction may be answered with a payload. */
export function envelopeOf(type: Envelope['type'], payload: unknown): Envelope {
  return { envelope_id: randomUUID(), type, accepts_response_payload: type !== 'events_api', payload };
}
