import type { Catalog, CatalogPerson } from '#domain/catalog.js';
import { fine, named, odd, wrong, type Finding } from './finding.js';

/** How people come to a session, and how Slack reaches them. */
export interface PeopleFacts {
  readonly catalog: Pick<Catalog, 'people' | 'groups'>;
  /** Groups that the policies in force name as approvers. */
  readonly approverGroups: readonly string[];
  /** Whoever has a shell gives out login links: the issuer is on loopback, or the database is the embedded one. */
  readonly loginLinks: boolean;
  readonly oidc: { readonly issuer: string } | null;
  /** Why the provider cannot be used; `null`: it can, or there is none. */
  readonly providerFault: string | null;
  /** The workspace whose app the broker is; `null`: Slack is off. */
  readonly slackTeam: string | null;
  /** The broker shows its cards in a Slack of its own, for trying out. */
  readonly localSlack: boolean;
  /** Who has linked an account of that workspace by themselves. */
  readonly linked: ReadonlySet<string>;
}

/** Whether anybody can sign in, and whether those who have a role can. */
export function checkSignIn(facts: PeopleFacts): Finding[] {
  const about = 'people can sign in';
  const { oidc, providerFault, loginLinks, catalog } = facts;
  if (oidc === null)
    return loginLinks
      ? [fine(`${about} (login links; no OpenID provider)`)]
      : [
          wrong(
            about,
            'nobody can: WRIT_OIDC_* is not set and the issuer is no loopback address; set WRIT_OIDC_ISSUER, ' +
              'WRIT_OIDC_CLIENT_ID and WRIT_OIDC_CLIENT_SECRET (docs/identity.md), and meanwhile let ' +
              '`writ passkey-link <person>` open a session of eight hours',
          ),
        ];
  const found: Finding[] = [provider(oidc.issuer, providerFault)];
  const withRole = catalog.people.filter(({ roles }) => roles.length > 0);
  const bound = withRole.filter((person) => isBound(person, oidc.issuer));
  if (bound.length === 0 && !loginLinks)
    return [
      ...found,
      wrong(
        about,
        'nobody can: no person with a role has `oidc: { subject: … }` in writ.yaml; add it and run `writ apply`',
      ),
    ];
  const unbound = withRole.filter((person) => !bound.includes(person)).map(({ id }) => id);
  if (unbound.length > 0 && !loginLinks)
    return [...found, odd(about, `not all: ${named(unbound)} have a role and no \`oidc\` subject in writ.yaml`)];
  return [...found, fine(about)];
}

/** Whether an operator can sign in: nobody else suspends, kills or reviews in the console. */
export function checkOperators({ catalog, oidc, loginLinks }: PeopleFacts): Finding[] {
  const about = 'an operator can sign in';
  const operators = catalog.people.filter(({ roles }) => roles.includes('operator'));
  if (operators.length === 0) return [odd(about, 'nobody has the role operator in writ.yaml; give it to one person')];
  if (loginLinks || operators.some((person) => isBound(person, oidc?.issuer ?? null))) return [fine(about)];
  return [odd(about, `none of ${named(operators.map(({ id }) => id))} has an \`oidc\` subject in writ.yaml`)];
}

/** Whether those whom policies ask can be asked, group by group. */
export function checkApprovers(facts: PeopleFacts): Finding[] {
  const { catalog, approverGroups, slackTeam, localSlack } = facts;
  const found = [...new Set(approverGroups)].sort().map((id) => checkGroup(id, facts));
  const withChannel = catalog.groups.filter(({ slackChannel }) => slackChannel !== null).map(({ id }) => id);
  if (slackTeam === null && !localSlack && withChannel.length > 0 && approverGroups.length > 0)
    found.push(
      odd(
        'Slack',
        `it is off here, and ${named(withChannel)} have a channel: no card comes; set SLACK_* (docs/slack.md)`,
      ),
    );
  return found;
}

function checkGroup(id: string, facts: PeopleFacts): Finding {
  const { catalog, oidc, providerFault, loginLinks } = facts;
  const about = `approvers of group ${id}`;
  const group = catalog.groups.find((one) => one.id === id);
  const members = catalog.people.filter(
    (person) => group?.members.includes(person.id) === true && person.roles.includes('approver'),
  );
  const reached = members.filter(
    (person) =>
      inSlack(person, group?.slackChannel ?? null, facts) ||
      loginLinks ||
      (providerFault === null && oidc !== null && isBound(person, oidc.issuer)),
  );
  if (reached.length > 0) return fine(`${about} (${reached.length} of ${members.length} can decide)`);
  if (members.length === 0) return wrong(about, 'nobody in it has the role approver: what it is asked lapses');
  return wrong(
    about,
    `none of ${named(members.map((person) => person.id))} can decide: they have no account in the Slack of this broker ` +
      'and cannot sign in; what they are asked lapses. Give them `slack` or `oidc` in writ.yaml and run `writ apply`',
  );
}

function inSlack(person: CatalogPerson, channel: string | null, { slackTeam, linked }: PeopleFacts): boolean {
  if (slackTeam === null || channel === null) return false;
  return person.slack.some(({ team }) => team === slackTeam) || linked.has(person.id);
}

function isBound({ oidc }: CatalogPerson, issuer: string | null): boolean {
  return oidc !== null && oidc !== undefined && issuer !== null && (oidc.issuer ?? issuer) === issuer;
}

function provider(issuer: string, fault: string | null): Finding {
  const about = `OpenID provider ${issuer}`;
  return fault === null
    ? fine(about)
    : wrong(about, `nobody can sign in by it: ${fault}; correct WRIT_OIDC_ISSUER, or let this process reach it`);
}
