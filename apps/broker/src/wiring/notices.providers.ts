import type { Provider } from '@nestjs/common';
import { presentCall } from '#contracts/presenters.js';
import { DeliverNotices, NoticeSources } from '#delivery/notices/deliver-notices.js';
import { EmailChannel } from '#delivery/notices/email-channel.js';
import { NoticeChannels, NoticeStore, type NoticeChannel } from '#delivery/notices/ports.js';
import { WebhookChannel } from '#delivery/notices/webhook-channel.js';
import { PostgresNoticeStore } from '#persistence/deliver/postgres-notices.js';
import { GuardedFetch } from '#platform/outbound/outbound-fetch.js';
import { WebhookSecrets } from '#tokens/webhook-secrets.js';
import { slackWatch } from '../observation/observed-ports.js';
import type { Opened } from '../serve/open.js';
import { SlackDirectChannel } from '../slack/cards/slack-direct-channel.js';

type NoticeNeeds = Pick<Opened, 'issuer' | 'masterKey' | 'environment' | 'slack' | 'observation'>;

/** What tells the places outside Slack’s channels. */
export function noticeProviders(opened: NoticeNeeds): Provider[] {
  return [
    { provide: NoticeStore, useClass: PostgresNoticeStore },
    { provide: NoticeChannels, useFactory: () => new NoticeChannels(channelsOf(opened)) },
    NoticeSources,
    DeliverNotices,
  ];
}

function channelsOf({ issuer, masterKey, environment, slack, observation }: NoticeNeeds): NoticeChannel[] {
  const out = new GuardedFetch(new URL(issuer).hostname, undefined, environment.proxies);
  const secrets = new WebhookSecrets(masterKey);
  const webhooks = new WebhookChannel(
    out,
    (group, url) => secrets.secretOf(group, url),
    issuer,
    () => new Date(),
    presentCall,
  );
  return [
    webhooks,
    ...(environment.smtp === null ? [] : [new EmailChannel(environment.smtp)]),
    ...(slack === null ? [] : [new SlackDirectChannel(slack, slackWatch(observation))]),
  ];
}
