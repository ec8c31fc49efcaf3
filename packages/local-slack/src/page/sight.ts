import { interactiveElements } from '../block-kit/blocks.js';
import type { OpenViews } from '../open-views.js';
import type { Channel, Message, Person, Workspace } from '../workspace.js';
import type { Names } from './mrkdwn.js';
import type { Surface } from './render-elements.js';

/** What is looked at: by whom, where (a channel id or `home`), and which thread stands open. */
export interface Sight {
  readonly person: Person;
  readonly at: string;
  readonly thread: string | undefined;
}

/** Takes the query of the page; returns what it asks to look at, the first person and channel when it does not say. */
export function sightOf(query: URLSearchParams, workspace: Workspace): Sight | undefined {
  const person = workspace.people.get(query.get('as') ?? '') ?? [...workspace.people.values()][0];
  if (!person) return undefined;
  const wanted = query.get('at') ?? '';
  const visible = visibleChannels(workspace, person.user);
  const channel = visible.find((entry) => entry.id === wanted) ?? visible[0];
  return {
    person,
    at: wanted === 'home' ? 'home' : (channel?.id ?? 'home'),
    thread: query.get('thread') ?? undefined,
  };
}

/** The conversations that this person is in. */
export function visibleChannels(workspace: Workspace, user: string): Channel[] {
  return [...workspace.channels.values()].filter((channel) => workspace.isMember(channel, user));
}

/** The messages of a conversation that this person sees, oldest first. */
export function visibleMessages(workspace: Workspace, channel: string, user: string): Message[] {
  return workspace.messages.filter(
    (message) =>
      message.channel === channel && !message.deleted && (!message.ephemeral_to || message.ephemeral_to === user),
  );
}

/** How many messages of a conversation still have buttons: what waits for somebody. */
export function waitingCount(workspace: Workspace, channel: string, user: string): number {
  return visibleMessages(workspace, channel, user).filter((message) =>
    message.blocks.some((block) => interactiveElements(block).length > 0),
  ).length;
}

/** How people and channels are called here. */
export function namesOf(workspace: Workspace): Names {
  return {
    person: (id) => workspace.people.get(id)?.realName ?? (id === workspace.credentials.botUserId ? 'Writ' : undefined),
    channel: (id) => workspace.channels.get(id)?.name,
    now: workspace.now(),
  };
}

/** The surface of a message, or of a view when `view` is given. */
export function surfaceOf(
  workspace: Workspace,
  origin: Surface['origin'],
  view?: ReturnType<OpenViews['find']>,
): Surface {
  return {
    names: namesOf(workspace),
    origin,
    values: view?.values ?? {},
    errors: view?.errors ?? {},
    people: [...workspace.people.values()].map((person) => ({ id: person.user, name: person.realName })),
    channels: [...workspace.channels.values()].filter((channel) => !channel.user).map(({ id, name }) => ({ id, name })),
  };
}
