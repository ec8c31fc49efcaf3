import { Webhook } from 'standardwebhooks';
import type { SaidCall } from '#domain/words/said-call.js';
import type { AddressedNotice, Notice } from './notice.js';
import { NoticeChannel, type WebhookPost } from './ports.js';

/** The secret that a group's URL and this broker share: 32 bytes, the same at every process and every start. */
export type WebhookSecret = (group: string, url: string) => Uint8Array;

/** A call as the answers of the API have it. */
export type PresentedCall = (call: SaidCall) => unknown;

/**
 * Signed webhooks: the body is a CloudEvents 1.0 event in JSON (structured mode), the headers are those of Standard
 * Webhooks. `webhook-id` and the event's `id` name the event: a receiver that has seen it may drop it.
 */
export class WebhookChannel extends NoticeChannel {
  override readonly kind = 'webhook';

  constructor(
    private readonly out: WebhookPost,
    private readonly secretOf: WebhookSecret,
    private readonly issuer: string,
    private readonly now: () => Date,
    private readonly presented: PresentedCall,
  ) {
    super();
  }

  override async send({ notice, target }: AddressedNotice): Promise<void> {
    if (target.kind !== 'webhook') throw new Error('a webhook goes to a URL');
    const body = JSON.stringify(cloudEvent(notice, this.issuer, this.presented));
    const at = this.now();
    const webhook = new Webhook(this.secretOf(notice.group, target.url), { format: 'raw' });
    const outcome = await this.out.post(target.url, body, {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': notice.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': webhook.sign(notice.id, at, body),
    });
    if (outcome !== 'accepted') throw new Error(outcome.fault);
  }
}

/** The notice in its envelope (CloudEvents 1.0.2, JSON event format 1.0.2). */
export function cloudEvent(notice: Notice, issuer: string, presented: PresentedCall): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: notice.id,
    source: issuer,
    type: `writ.${notice.eventType}`,
    subject: notice.escalation,
    time: notice.at,
    datacontenttype: 'application/json',
    data: {
      kind: notice.kind,
      group: notice.group,
      escalation: notice.escalation,
      url: notice.url,
      agent: notice.agent,
      resource: notice.resource,
      actions: notice.actions,
      calls: notice.calls.map((call) => presented(unrated(call))),
      risk: notice.risk,
      expires_at: notice.expiresAt,
    },
  };
}

/** The risk is told once, of the whole request, as elsewhere on the wire. */
function unrated({ actions, ...call }: Notice['calls'][number]): SaidCall {
  return { ...call, actions: actions.map(({ action, sentence }) => ({ action, sentence })) };
}
