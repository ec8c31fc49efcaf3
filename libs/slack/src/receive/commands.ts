/** A slash command by an account, every member present. Names are never read. */
export interface SlackCommand {
  readonly teamId: string;
  readonly userId: string;
  readonly apiAppId: string;
  /** With its slash. */
  readonly command: string;
  /** What follows it, trimmed. */
  readonly text: string;
}

const SLACK_ID = /^[A-Z0-9]{1,32}$/;
const COMMAND = /^\/[a-z0-9_-]{1,31}$/;
const TEXT_LENGTH_MAX = 4_000;

/** The fields of a slash command, or `null` when one is missing or malformed. */
export function parseCommand(fields: Readonly<Record<string, string>>): SlackCommand | null {
  const { team_id: teamId = '', user_id: userId = '', api_app_id: apiAppId = '', command = '', text = '' } = fields;
  if (![teamId, userId, apiAppId].every((id) => SLACK_ID.test(id)) || !COMMAND.test(command)) return null;
  return text.length > TEXT_LENGTH_MAX ? null : { teamId, userId, apiAppId, command, text: text.trim() };
}
