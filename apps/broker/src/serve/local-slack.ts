import type { Catalog } from '#domain/catalog.js';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';

export interface OpenLocalSlack {
  readonly pageUrl: string;
  readonly connection: SlackConnection;
  close(): Promise<void>;
}

/**
 * Starts the development Slack beside the broker, with the people and channels of the configuration. The one place
 * where an app reaches another: it is loaded only here and only on the embedded default (see the import law).
 */
export async function openLocalSlack(catalog: Catalog, requestUrl: string): Promise<OpenLocalSlack> {
  const { startLocalSlack } = await import('../../../../packages/local-slack/src/server.js');
  const team = catalog.people.flatMap((person) => person.slack.map((identity) => identity.team))[0] ?? 'T0001';
  const slack = await startLocalSlack({
    port: 0,
    requestUrl,
    people: ownersLast(catalog).flatMap((person) =>
      person.slack
        .filter((identity) => identity.team === team)
        .map((identity) => ({ user: identity.user, name: person.id })),
    ),
    channels: catalog.groups.flatMap((group) =>
      group.slackChannel === null ? [] : [{ id: group.slackChannel, name: group.id }],
    ),
    seed: { teamId: team },
  });
  const { env } = slack;
  return {
    pageUrl: slack.pageUrl,
    connection: {
      botToken: env.SLACK_BOT_TOKEN,
      signingSecret: env.SLACK_SIGNING_SECRET,
      appId: env.SLACK_APP_ID,
      teamId: env.SLACK_TEAM_ID,
      botId: env.SLACK_BOT_ID,
      botUserId: env.SLACK_BOT_USER_ID,
      appToken: env.SLACK_APP_TOKEN ?? null,
      apiUrl: env.SLACK_API_URL,
    },
    close: () => slack.close(),
  };
}

/** The page opens as the first of them, and whoever owns an agent may not decide what it asks. */
function ownersLast({ people, agents }: Catalog): Catalog['people'] {
  const owns = (id: string): number => (agents.some((agent) => agent.owner === id) ? 1 : 0);
  return [...people].sort((a, b) => owns(a.id) - owns(b.id));
}
