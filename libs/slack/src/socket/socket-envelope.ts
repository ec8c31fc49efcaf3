/** What one message of a socket carries; `id` is Slack's `envelope_id`. */
export interface SocketEnvelope {
  readonly id: string;
  readonly type: string;
  readonly body: unknown;
}

/** The answer to acknowledge with; `null` leaves the envelope unacknowledged, so that Slack tells the person to try again. */
export type SocketAnswer = { readonly payload?: unknown } | null;

const ID = /^[A-Za-z0-9_-]{1,128}$/;
const FORM = 'application/x-www-form-urlencoded';

/**
 * Writes an envelope as the delivery that would have carried it to the request URL, so that both ways are read by one
 * parser. `null` for a type that Writ does not know, an id outside its grammar and a body that is no object.
 */
export function asDelivery({ id, type, body }: SocketEnvelope): { rawBody: Buffer; contentType: string } | null {
  if (!ID.test(id) || typeof body !== 'object' || body === null) return null;
  switch (type) {
    case 'interactive':
      return form([['payload', JSON.stringify(body)]]);
    case 'slash_commands':
      return form(Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string'));
    case 'events_api':
      return { rawBody: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
    default:
      return null;
  }
}

function form(fields: [string, string][]): { rawBody: Buffer; contentType: string } {
  return { rawBody: Buffer.from(new URLSearchParams(fields).toString()), contentType: FORM };
}
