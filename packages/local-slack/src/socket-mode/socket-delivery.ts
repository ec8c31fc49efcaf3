import { EVENT_RETRY_DELAYS_MS, type DeliveryChannel, type Delivered } from '../delivery.js';
import { envelopeOf, type Envelope } from './envelope.js';
import type { Sockets } from './sockets.js';

const ERRORS = { late: 'socket_timeout', nobody: 'no_socket' } as const;

/** Takes what people do to the app by its sockets; the request URL hears nothing, as in an app with Socket Mode on. */
export class SocketDelivery implements DeliveryChannel {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(private readonly sockets: Sockets) {}

  /** Takes an interaction payload; the payload of the acknowledgement is the answer's body. */
  interaction(payload: unknown): Promise<Delivered> {
    return this.send(envelopeOf('interactive', payload));
  }

  /** Takes the fields of a slash command; the payload of the acknowledgement is the answer's body. */
  command(fields: Readonly<Record<string, string>>): Promise<Delivered> {
    return this.send(envelopeOf('slash_commands', fields));
  }

  /** Takes an event; delivers it again up to three times, each in a new envelope, while it is not acknowledged. */
  async event(payload: unknown): Promise<Delivered> {
    const first = await this.send({ ...envelopeOf('events_api', payload), retry_attempt: 0, retry_reason: '' });
    this.retry(payload, first, 0);
    return first;
  }

  /** Stops waiting retries. */
  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private retry(payload: unknown, last: Delivered, number: number): void {
    const delay = EVENT_RETRY_DELAYS_MS[number];
    if (last.ok || delay === undefined) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const again = { retry_attempt: number + 1, retry_reason: last.error === 'no_socket' ? 'no_socket' : 'timeout' };
      void this.send({ ...envelopeOf('events_api', payload), ...again }).then((next) =>
        this.retry(payload, next, number + 1),
      );
    }, delay).unref();
    this.timers.add(timer);
  }

  private async send(envelope: Envelope): Promise<Delivered> {
    const sent = { body: JSON.stringify(envelope), headers: {} };
    const answer = await this.sockets.deliver(envelope);
    if (answer === 'late' || answer === 'nobody')
      return { ok: false, status: 0, body: '', headers: {}, error: ERRORS[answer], sent };
    const body = Object.keys(answer.payload).length === 0 ? '' : JSON.stringify(answer.payload);
    return { ok: true, status: 200, body, headers: {}, sent };
  }
}
