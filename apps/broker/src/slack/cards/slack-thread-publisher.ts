import { Injectable } from '@nestjs/common';
import { ThreadPublisher, type JobOutcome } from '#delivery/ports.js';
import { personNames } from '#domain/person-name.js';
import { RegistrySource } from '#escalations/ports.js';
import { CardStore, CardTurns, ThreadStore } from '#slack/ports.js';
import { publishThread } from '#slack/cards/publish-thread.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';

const LINE_REST_SECONDS = 1.05;

/** Tells the threads in Slack what happened to a request after its card was posted. */
@Injectable()
export class SlackThreadPublisher extends ThreadPublisher {
  constructor(
    private readonly cards: CardStore,
    private readonly threads: ThreadStore,
    private readonly slack: SlackGateway,
    private readonly registry: RegistrySource,
    private readonly turns: CardTurns,
  ) {
    super();
  }

  /** Answers the seconds to wait when a thread could not be told all now. Rejects when the store is down. */
  override async publish(escalationId: string): Promise<JobOutcome> {
    const { catalog } = await this.registry.current();
    const { cards, threads, turns } = this;
    const slack: Pick<SlackGateway, 'post'> = {
      post: async (channel, ...said) => {
        // Slack counts lines too: the next card waits a second, and as long as Slack says.
        await turns.rest(channel, LINE_REST_SECONDS);
        const done = await this.slack.post(channel, ...said);
        if (done.kind === 'rate_limited') await turns.rest(channel, done.retryAfterSeconds);
        return done;
      },
    };
    const retryAfterSeconds = await publishThread(
      { cards, threads, slack, nameOf: personNames(catalog) },
      escalationId,
    );
    return retryAfterSeconds === null ? 'done' : { retryAfterSeconds };
  }
}
