import { randomBytes } from 'node:crypto';

/** What an app needs to speak to this workspace, and what a person needs to open its page. */
export interface Credentials {
  readonly botToken: string;
  /** The app-level token, which opens the sockets of an app with Socket Mode on. */
  readonly appToken: string;
  readonly signingSecret: string;
  readonly appId: string;
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** Opens the page and the driver; never given to the app. */
  readonly pageToken: string;
}

const ID_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Takes a length; returns random characters as Slack uses in ids (upper case letters and digits). */
export function randomId(length: number): string {
  return Array.from(randomBytes(length), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
}

/** Takes the credentials to keep (several processes may share them); returns a full set, the rest random, team T0001. */
export function makeCredentials(given: Partial<Credentials> = {}): Credentials {
  return {
    botToken: given.botToken ?? `xoxb-local-${randomBytes(18).toString('hex')}`,
    appToken: given.appToken ?? `xapp-1-local-${randomBytes(18).toString('hex')}`,
    signingSecret: given.signingSecret ?? randomBytes(16).toString('hex'),
    appId: given.appId ?? `A${randomId(9)}`,
    teamId: given.teamId ?? 'T0001',
    botId: given.botId ?? `B${randomId(9)}`,
    botUserId: given.botUserId ?? `U${randomId(9)}`,
    pageToken: given.pageToken ?? randomBytes(18).toString('base64url'),
  };
}
