/** One Slack workspace and our app in it, as configuration gives it. */
export interface SlackConnection {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly appId: string;
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** Ends `/api/`. */
  readonly apiUrl: string;
}
