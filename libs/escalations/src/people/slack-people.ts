import { Injectable } from '@nestjs/common';
import { RegistrySource } from '../ports.js';
import { SlackLinks, type SlackAccount } from './slack-links.js';

/**
 * The person behind a Slack account: the one place that says so. Configuration names accounts, people link their own; an e-mail
 * address, a name or a title never counts.
 */
@Injectable()
export class SlackPeople {
  constructor(
    private readonly registry: RegistrySource,
    private readonly links: SlackLinks,
  ) {}

  /** The person's id; `null` for nobody, for someone who left the configuration and where two people would match. */
  async personOf(team: string, user: string): Promise<string | null> {
    const { catalog } = await this.registry.current();
    const linked = await this.links.personOf({ team, user });
    const people = new Set(await this.configuredFor({ team, user }));
    if (linked !== null && catalog.people.some((person) => person.id === linked)) people.add(linked);
    const [person] = people;
    return person === undefined || people.size > 1 ? null : person;
  }

  /** The people to whom the configuration gives this account; more than one is nobody. */
  async configuredFor(account: SlackAccount): Promise<readonly string[]> {
    const { catalog } = await this.registry.current();
    return catalog.people
      .filter((person) => person.slack.some(({ team, user }) => team === account.team && user === account.user))
      .map((person) => person.id);
  }

  /** The accounts that count as this person, for whoever writes to them. */
  async accountsOf(person: string): Promise<readonly SlackAccount[]> {
    const { catalog } = await this.registry.current();
    const configured = catalog.people.find((candidate) => candidate.id === person)?.slack ?? [];
    const known = [...configured, ...(await this.links.of(person)).map(({ team, user }) => ({ team, user }))];
    const theirs = await Promise.all(known.map(async (account) => this.personOf(account.team, account.user)));
    const own = known.filter((_, index) => theirs[index] === person);
    return own.filter((one, index) => own.findIndex((other) => same(one, other)) === index);
  }
}

function same(one: SlackAccount, other: SlackAccount): boolean {
  return one.team === other.team && one.user === other.user;
}
