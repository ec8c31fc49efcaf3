import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { SocketAnswer, SocketEnvelope } from '#slack/socket/socket-envelope.js';
import { SocketLink, type SocketLinkOptions } from '#slack/socket/socket-link.js';
import type { SlackDeliveryDoor } from './slack-delivery-door.js';

/**
 * Socket Mode beside the request URL: the same inbox over a connection that we open. It begins with the application,
 * which does not wait for it, and ends before the inbox drains.
 */
export class SocketReceiver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly link: SocketLink;

  constructor(
    private readonly inbox: Pick<SlackDeliveryDoor, 'takeEnvelope'>,
    options: Omit<SocketLinkOptions, 'receive'>,
  ) {
    this.link = new SocketLink({ ...options, receive: (envelope) => this.receive(envelope) });
  }

  onApplicationBootstrap(): void {
    this.link.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.link.stop();
  }

  /** What HTTP would answer with a failure is left unacknowledged: Slack then tells the person to try again. */
  private async receive(envelope: SocketEnvelope): Promise<SocketAnswer> {
    const { status, body } = await this.inbox.takeEnvelope(envelope);
    return status === 200 ? { payload: body } : null;
  }
}
