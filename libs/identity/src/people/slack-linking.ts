import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { Ids, Store, type Transaction } from '#escalations/ports.js';
import { SlackLinks, type SlackAccount, type SlackLink } from '#escalations/people/slack-links.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import { RANDOM_BYTES, type RandomBytes } from '../ports.js';

/** Without letters that people mistake for digits; 32 of them, so that five bits are one. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 12;
const CODE = /^[0-9A-HJKMNP-TV-Z]{12}$/;

/** A link, or the account that somebody else has. */
const TAKEN = refuse('already_linked', 'This Slack account belongs to somebody else.');
const UNKNOWN_CODE = refuse('not_found', 'The code is unknown, used or too old.');

/**
 * How people tie a Slack account to themselves: the bot gives the account a code, and whoever is signed in to Writ enters
 * it. Both halves are proved, the account by Slack's signature and the person by their session; an e-mail address proves
 * neither. An account is one person's: what the configuration says wins, and nobody takes over a living link.
 */
@Injectable()
export class SlackLinking {
  constructor(
    private readonly links: SlackLinks,
    private readonly people: SlackPeople,
    private readonly store: Store,
    private readonly ids: Ids,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
  ) {}

  /** A code for the account, good once within ten minutes: twelve characters in groups of four. It voids an earlier one. */
  async issueCode(account: SlackAccount): Promise<string> {
    const characters = Array.from(this.random(CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
    await this.links.keepCode(account, hashOf(characters), LIMITS.slackLinkCodeSeconds);
    return characters.replace(/.{4}(?=.)/g, '$&-');
  }

  /**
   * Links the code's account to this person. The same account again is answered with the link that there is. Refuses
   * `not_found` for a bad code and, on the record, `already_linked` for an account of somebody else.
   */
  async redeem(person: string, code: string): Promise<SlackLink | Refusal> {
    const plain = code.toUpperCase().replace(/[\s-]/g, '');
    if (!CODE.test(plain)) return UNKNOWN_CODE;
    const now = await this.store.read.now();
    const account = await this.store.run((tx) => tx.slackLinks.redeemCode(hashOf(plain)));
    if (account === null) return UNKNOWN_CODE;
    const configured = await this.people.configuredFor(account);
    return this.store.run((tx) => this.link(tx, { person, account, configured, now }));
  }

  /** Ends a link of this person. Refuses `not_found` for anybody else's and for what the configuration says. */
  async end(person: string, id: string): Promise<SlackLink | Refusal> {
    const now = await this.store.read.now();
    return this.store.run(async (tx) => {
      const ended = await tx.slackLinks.end(id, person, now);
      if (ended === null) return refuse('not_found', 'You have no such link.');
      const data = accountData(ended);
      await tx.journal.record([{ type: 'slack_account.unlinked', actor: { kind: 'person', id: person }, data }], now);
      return ended;
    });
  }

  private async link(
    tx: Pick<Transaction, 'journal' | 'slackLinks'>,
    asked: { person: string; account: SlackAccount; configured: readonly string[]; now: number },
  ): Promise<SlackLink | Refusal> {
    const { person, account, configured, now } = asked;
    const actor = { kind: 'person', id: person } as const;
    const data = accountData(account);
    const refused = async (): Promise<Refusal> => {
      await tx.journal.record(
        [{ type: 'slack_account.link_refused', actor, data: { ...data, code: TAKEN.code } }],
        now,
      );
      return TAKEN;
    };
    if (configured.some((other) => other !== person)) return refused();
    const link: SlackLink = { id: this.ids.next('evt'), ...account, person, boundAt: now };
    if (await tx.slackLinks.insert(link)) {
      await tx.journal.record([{ id: link.id, type: 'slack_account.linked', actor, data }], now);
      return link;
    }
    const there = await tx.slackLinks.living(account);
    return there !== null && there.person === person ? there : refused();
  }
}

function accountData({ team, user }: SlackAccount): { slack_team: string; slack_user: string } {
  return { slack_team: team, slack_user: user };
}

/** Sixty random bits for ten minutes are too many to guess, so a plain hash is enough. */
function hashOf(code: string): string {
  return createHash('sha256').update(code, 'utf8').digest('hex');
}
