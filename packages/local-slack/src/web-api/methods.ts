import type { Workspace } from '../workspace.js';
import { done, fail, type Answer, type Args, type CallServices } from './call.js';
import { postEphemeral, postMessage, update } from './chat.js';
import { authTest, conversationInfo, openConversation, userInfo } from './directory.js';
import { openView, publishView, updateView } from './views.js';

/** One method: what it does and the scope it needs for these arguments (none: every token will do). */
export interface Method {
  readonly run: (desk: CallServices, args: Args) => Answer;
  readonly scope?: (workspace: Workspace, args: Args) => string;
  /** The one kind of token that it takes; the bot's unless said otherwise. */
  readonly token?: 'app';
}

/** What the development app may do unless told otherwise. */
export const DEFAULT_SCOPES: readonly string[] = [
  'chat:write',
  'channels:read',
  'groups:read',
  'im:read',
  'im:write',
  'users:read',
  'commands',
  'channels:history',
  'groups:history',
];

/** What the app-level token may do unless told otherwise. */
export const DEFAULT_APP_SCOPES: readonly string[] = ['connections:write'];

const READ_SCOPES = { public: 'channels:read', private: 'groups:read', im: 'im:read' } as const;
const chatWrite = (): string => 'chat:write';

/** Every method this workspace knows; any other is `unknown_method`. */
export const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': { run: authTest },
  'apps.connections.open': {
    // With Socket Mode off the app has no app-level token, so that none gets this far.
    run: ({ links }) => (links === null ? fail('invalid_auth') : done({ url: links.issue() })),
    scope: () => 'connections:write',
    token: 'app',
  },
  'chat.postMessage': { run: postMessage, scope: chatWrite },
  'chat.update': { run: update, scope: chatWrite },
  'chat.postEphemeral': { run: postEphemeral, scope: chatWrite },
  'views.open': { run: openView },
  'views.update': { run: updateView },
  'views.publish': { run: publishView },
  'conversations.open': {
    run: openConversation,
    scope: (_workspace, args) => (args.text('users').includes(',') ? 'mpim:write' : 'im:write'),
  },
  'conversations.info': {
    run: conversationInfo,
    scope: (workspace, args) => READ_SCOPES[workspace.channels.get(args.text('channel'))?.kind ?? 'public'],
  },
  'users.info': { run: userInfo, scope: () => 'users:read' },
};
