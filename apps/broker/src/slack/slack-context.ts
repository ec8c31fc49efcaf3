import { Logger, type Provider } from '@nestjs/common';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import type { SocketLog } from '#slack/socket/socket-link.js';

/** What writes the lines about Slack: a `SlackLog`. */
export const SLACK_LOG = Symbol('Slack log');
/** Our workspace and our app in it: a `SlackConnection`. */
export const SLACK_CONNECTION = Symbol('Slack connection');

export const slackLog: SocketLog = new Logger('Slack');

/** What every part of Slack's side is given. */
export function slackContext(connection: SlackConnection): Provider[] {
  return [
    { provide: SLACK_LOG, useValue: slackLog },
    { provide: SLACK_CONNECTION, useValue: connection },
  ];
}
