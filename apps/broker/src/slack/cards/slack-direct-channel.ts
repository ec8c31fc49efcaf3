import { Logger } from '@nestjs/common';
import { NoticeChannel } from '#delivery/notices/ports.js';
import type { AddressedNotice } from '#delivery/notices/notice.js';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import type { SlackFault } from '#slack/send/slack-fault.js';
import { SlackGateway, type CallWatch } from '#slack/send/slack-gateway.js';
import { directReminder } from '#slack/views/direct-reminder.view.js';

const log = new Logger('Slack');

/** Reminders to single people, by direct message of the app. */
export class SlackDirectChannel extends NoticeChannel {
  override readonly kind = 'slack';
  private readonly gateway: Pick<SlackGateway, 'openDirect' | 'post'>;
  private readonly teamId: string;

  constructor({ botToken, apiUrl, teamId }: SlackConnection, watch?: CallWatch) {
    super();
    this.teamId = teamId;
    this.gateway = new SlackGateway({ token: botToken, apiUrl, teamId, log, ...(watch && { watch }) });
  }

  /** An account that Slack does not let us write to is left alone; one whose message may have arrived is not told twice. */
  override async send({ notice, target }: AddressedNotice): Promise<void> {
    if (target.kind !== 'slack') throw new Error('a direct message goes to an account');
    if (target.team !== this.teamId) return;
    const opened = await this.gateway.openDirect(target.user);
    if (opened.kind !== 'ok') return failing(opened);
    const message = directReminder({
      eventId: notice.id,
      agent: notice.agent.name,
      resource: notice.resource.name,
      calls: notice.calls,
      group: notice.group,
      url: notice.url,
      expiresAtSeconds: Math.floor(Date.parse(notice.expiresAt) / 1_000),
    });
    const posted = await this.gateway.post(opened.channel, message);
    if (posted.kind !== 'ok' && !(posted.kind === 'unavailable' && posted.maybeDone)) failing(posted);
  }
}

function failing(fault: SlackFault): void {
  if (fault.kind === 'gone') return;
  throw new Error(fault.kind === 'rate_limited' ? 'Slack asks to slow down' : fault.error);
}
