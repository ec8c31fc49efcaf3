/** One Slack workspace and our app in it, as configuration gives it. */
export interface SlackConnection {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly appId: string;
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** `null`: the request URL alone, no Socket Mode. */
  readonly appToken: string | null;
  /** Ends `/api/`. */
  readonly apiUrl: string;
}
