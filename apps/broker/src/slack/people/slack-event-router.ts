import { Inject, Injectable } from '@nestjs/common';
import { parseCommand } from '#slack/receive/commands.js';
import { parseSlackEvent } from '#slack/receive/events.js';
import { commandAnswer } from '#slack/views/command-answer.view.js';
import { slackRefusalSentence } from '#slack/views/refusals.js';
import { Invitations } from './invitations.js';
import { HomeTab } from './home-tab.js';
import { SlashCommands } from './slash-commands.js';
import { ThreadTalk } from './thread-talk.js';

/** What is done about what people type and open, once the delivery is known to be Slack's and new. */
@Injectable()
export class SlackEventRouter {
  constructor(
    @Inject(HomeTab) private readonly home: Pick<HomeTab, 'opened'>,
    @Inject(ThreadTalk) private readonly talk: Pick<ThreadTalk, 'said'>,
    @Inject(SlashCommands) private readonly commands: Pick<SlashCommands, 'answer'>,
    @Inject(Invitations) private readonly invitations: Pick<Invitations, 'joined'>,
  ) {}

  /** Takes an event, possibly twice: Slack delivers an event again that was not answered in time. */
  async event(payload: Readonly<Record<string, unknown>>): Promise<void> {
    const event = parseSlackEvent(payload);
    if (event?.kind === 'home_opened') await this.home.opened(event);
    if (event?.kind === 'said') await this.talk.said(event);
    if (event?.kind === 'joined') await this.invitations.joined(event);
  }

  /** Answers a command; an incomplete one with a sentence that says so. */
  async command(fields: Readonly<Record<string, string>>): Promise<unknown> {
    const command = parseCommand(fields);
    return command === null ? INCOMPLETE : this.commands.answer(command);
  }
}

const INCOMPLETE = commandAnswer([slackRefusalSentence({ code: 'incomplete' })]);

/** What a person is told whose command took longer than Slack waits. */
export const TOO_SLOW = commandAnswer([
  'Writ did not get done in time. Look at the Home tab for how things stand before you try again.',
]);

/** What a person is told whose command failed. */
export const NOT_DONE = commandAnswer([
  'Something failed in Writ. Look at the Home tab for how things stand, and try again in a moment.',
]);
