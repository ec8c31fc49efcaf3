import { isId } from '#domain/ids.js';
import { LIMITS } from '#domain/limits.js';
import { isRefusal } from '#domain/refusal.js';
import type { Mutes, MuteTarget } from '#escalations/people/mutes.js';
import type { RegistrySource } from '#escalations/ports.js';
import type { ReadEscalation } from '#escalations/watch/read-escalation.js';
import type { SlackLinking } from '#identity/people/slack-linking.js';
import type { SlackCommand } from '#slack/receive/commands.js';
import { inertLine } from '#slack/views/inert-text.js';
import { commandAnswer, type CommandAnswer } from '#slack/views/command-answer.view.js';
import { durationWords } from '#domain/words/duration-words.js';
import { CODE_RULES } from '#slack/views/home.view.js';
import { listAnswer } from '#slack/views/list-answer.view.js';
import { slackRefusalSentence } from '#slack/views/refusals.js';
import type { HomeModels } from './home-models.js';
import type { RevocationsByWord } from './revocations-by-word.js';
import type { SlackAccounts } from './slack-accounts.js';

const REVOKED = 'Revoked with /writ in Slack.';
const MUTE_MINUTES = 60;
const MINUTES = /^[1-9]\d{0,3}$/;

const HELP = [
  '/writ list: what waits for you, and the live grants you may revoke',
  '/writ revoke <grant id>: end a grant at once',
  `/writ mute <escalation id or agent> [minutes]: no reminders to you, for ${MUTE_MINUTES} minutes or as many as you say`,
  '/writ link: tie this Slack account to you',
  'Approving by typing is not offered: decide on the card or in the console, where you see all of the request.',
];
const NO_TYPED_VOTE =
  'Writ takes no decision by typing. Decide on the card or in the console, where you see all of the request. Nothing was counted.';
const TYPED_VOTES: ReadonlySet<string> = new Set(['approve', 'approved', 'yes', 'ok', 'allow', 'grant', 'deny', 'no']);

export interface CommandServices {
  readonly models: HomeModels;
  readonly revocations: RevocationsByWord;
  readonly linking: Pick<SlackLinking, 'issueCode'>;
  readonly mutes: Mutes;
  readonly reads: Pick<ReadEscalation, 'forPerson'>;
}

/** `/writ …`: lists, revokes, mutes and links. Every answer is seen by the person alone. It never decides a request. */
export class SlashCommands {
  constructor(
    private readonly accounts: SlackAccounts,
    private readonly services: CommandServices,
    private readonly registry: RegistrySource,
  ) {}

  /** What to answer; work that fails rejects. */
  async answer(command: SlackCommand): Promise<CommandAnswer> {
    const [verb = 'help', ...words] = command.text.split(/\s+/).filter((word) => word !== '');
    if (TYPED_VOTES.has(verb.toLowerCase())) return commandAnswer([NO_TYPED_VOTE]);
    const account = await this.accounts.personOf(command);
    if ('refusal' in account) return commandAnswer([slackRefusalSentence(account.refusal)]);
    const { person } = account;
    if (verb.toLowerCase() === 'link') return this.link(command, person);
    if (verb.toLowerCase() === 'help') return commandAnswer(HELP);
    if (person === null) return commandAnswer([slackRefusalSentence({ code: 'not_bound' })]);
    switch (verb.toLowerCase()) {
      case 'list':
        return this.list(person);
      case 'revoke':
        return this.revoke(person, words);
      case 'mute':
        return this.mute(person, words);
      default:
        return commandAnswer(HELP);
    }
  }

  private async list(person: string): Promise<CommandAnswer> {
    const model = await this.services.models.of(person, null);
    return model === null ? commandAnswer(['Writ no longer knows you.']) : listAnswer(model);
  }

  private async revoke(person: string, [grantId, ...rest]: readonly string[]): Promise<CommandAnswer> {
    if (grantId === undefined || rest.length > 0) return commandAnswer(['Say which: /writ revoke grt_…']);
    return commandAnswer([await this.services.revocations.revoke(person, grantId, REVOKED)]);
  }

  private async mute(person: string, [subject, minutes, ...rest]: readonly string[]): Promise<CommandAnswer> {
    if (subject === undefined || rest.length > 0) return commandAnswer(['Say what: /writ mute esc_… [minutes]']);
    const asked = minutes === undefined ? MUTE_MINUTES : MINUTES.test(minutes) ? Number(minutes) : 0;
    if (asked < 1 || asked > LIMITS.muteMinutesMax) {
      return commandAnswer([`Minutes are a whole number from 1 to ${LIMITS.muteMinutesMax}. Nothing was muted.`]);
    }
    const target = await this.target(person, subject);
    if (target === null) return commandAnswer(['Writ has no such request or agent for you. Nothing was muted.']);
    await this.services.mutes.mute(person, target, asked);
    return commandAnswer([
      `Muted ${inertLine(target.id)} for ${durationWords(asked * 60)}: no reminders of it to you. Cards and ends are told as before.`,
    ]);
  }

  private async target(person: string, subject: string): Promise<MuteTarget | null> {
    if (isId('esc', subject)) {
      const story = await this.services.reads.forPerson(person, subject);
      return isRefusal(story) ? null : { kind: 'escalation', id: subject };
    }
    const { catalog } = await this.registry.current();
    return catalog.agents.some((agent) => agent.id === subject) ? { kind: 'agent', id: subject } : null;
  }

  private async link({ teamId: team, userId: user }: SlackCommand, person: string | null): Promise<CommandAnswer> {
    if (person !== null) return commandAnswer([`This Slack account is linked: you act as ${inertLine(person)}.`]);
    const code = await this.services.linking.issueCode({ team, user });
    const { accountUrl } = this.services.models;
    return commandAnswer([`Your code: ${code}`, `Sign in at ${accountUrl} and enter it there.`], [CODE_RULES]);
  }
}
