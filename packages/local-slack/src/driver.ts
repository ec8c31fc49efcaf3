import type { ServerResponse } from 'node:http';
import { BadCommand, type Answer } from './command.js';
import type { Delivery, DeliveryChanges } from './delivery.js';
import type { Fault, Faults } from './faults.js';
import { readBody, sendJson, type Request } from './http.js';
import type { Interactions } from './interactions.js';
import type { Journal } from './journal.js';
import { isObject, parseJson, stringOf, type JsonObject } from './json.js';
import type { OpenViews } from './open-views.js';
import { socketCommand, socketState } from './socket-mode/socket-commands.js';
import type { Sockets } from './socket-mode/sockets.js';
import type { Typing } from './typing.js';
import type { Workspace } from './workspace.js';

const USER_ID = /^[UW][A-Z0-9]{2,20}$/;

/** The two ways in which people act here. */
export interface PeopleActions {
  readonly clicks: Interactions;
  readonly typing: Typing;
}

/** What a test can look at and break beside what people do. */
export interface TestControls {
  readonly faults: Faults;
  readonly journal: Journal;
  /** `null` with Socket Mode off. */
  readonly sockets: Sockets | null;
}

/** The routes below `/_dev`: what a person could see and do, for tests and for the page. */
export class Driver {
  constructor(
    private readonly workspace: Workspace,
    private readonly views: OpenViews,
    private readonly hands: PeopleActions,
    private readonly delivery: Delivery,
    private readonly record: TestControls,
  ) {}

  /** Takes a request that passed the gate; answers JSON: 400 for a malformed command, 404 for what is not there. */
  async answer(request: Request, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.path.slice('/_dev'.length)}`;
    if (route === 'GET /messages') return sendJson(response, 200, this.messages(request.query.get('channel')));
    if (route === 'GET /journal') return sendJson(response, 200, { calls: this.record.journal.all() });
    if (route === 'GET /socket') return sendJson(response, 200, socketState(this.record.sockets));
    const run = this.commands[route];
    if (!run) return sendJson(response, 404, { error: `no route ${route}` });
    const command = parseJson((await readBody(request.raw)) ?? '');
    if (!isObject(command)) return sendJson(response, 400, { error: 'the body must be one JSON object' });
    const answer = await run(command).catch((error: unknown) => {
      if (error instanceof BadCommand) return { status: 400, body: { error: error.message } };
      throw error;
    });
    sendJson(response, answer.status, answer.body);
  }

  private readonly commands: Readonly<Record<string, (command: JsonObject) => Promise<Answer>>> = {
    'POST /click': async (command) => {
      const choice = {
        actionId: required(command, 'action_id'),
        blockId: optional(command, 'block_id'),
        value: command['value'],
      };
      const user = this.person(command);
      const viewId = optional(command, 'view_id');
      return viewId !== undefined
        ? found(await this.hands.clicks.clickView(user, viewId, choice))
        : found(
            await this.hands.clicks.clickMessage(user, required(command, 'ts'), optional(command, 'channel'), choice),
          );
    },
    'POST /submit': async (command) => {
      const values = command['values'] ?? {};
      if (!isObject(values)) throw new BadCommand('values must be an object');
      return found(await this.hands.clicks.submit(this.person(command), required(command, 'view_id'), values));
    },
    'POST /close': async (command) =>
      found(await this.hands.clicks.close(this.person(command), required(command, 'view_id'))),
    'POST /command': async (command) =>
      found(
        await this.hands.typing.command(this.person(command), {
          command: required(command, 'command'),
          text: stringOf(command, 'text'),
          channelId: optional(command, 'channel'),
        }),
      ),
    'POST /say': async (command) =>
      found(
        await this.hands.typing.say(this.person(command), {
          channelId: required(command, 'channel'),
          threadTs: optional(command, 'thread_ts'),
          text: required(command, 'text'),
        }),
      ),
    'POST /invite': async (command) =>
      found(await this.hands.typing.invite(this.person(command), required(command, 'channel'))),
    'POST /home': async (command) => found(await this.hands.clicks.openHome(this.person(command))),
    'POST /deliver': async (command) => ({
      status: 200,
      body: await this.delivery.post(bodyOf(command), changesOf(command)),
    }),
    'POST /faults': async (command) => {
      const fault = command['fault'];
      if (fault === null) this.record.faults.clear(optional(command, 'method'));
      else if (isObject(fault) && typeof fault['kind'] === 'string')
        this.record.faults.set(required(command, 'method'), fault as unknown as Fault, Number(command['times'] ?? 1));
      else throw new BadCommand('fault must be an object with a kind, or null to disarm');
      return { status: 200, body: { ok: true } };
    },
    'POST /socket': async (command) => socketCommand(this.record.sockets, command),
    'POST /delete': async (command) => {
      const message = this.workspace.find(required(command, 'ts'), optional(command, 'channel'), true);
      if (!message) return { status: 404, body: { ok: false, error: 'there is no such message' } };
      message.deleted = true;
      this.workspace.touched(message);
      return { status: 200, body: { ok: true } };
    },
  };

  private messages(channel: string | null): JsonObject {
    const { messages } = this.workspace;
    return {
      messages: channel === null ? messages : messages.filter((message) => message.channel === channel),
      views: this.views
        .all()
        .map((view) => ({ ...this.views.wire(view), view_id: view.id, user: view.user, errors: view.errors })),
    };
  }

  /** A well-formed stranger joins the workspace by acting: being here gives nobody the right to decide anything. */
  private person(command: JsonObject): string {
    const user = required(command, 'user');
    if (!USER_ID.test(user)) throw new BadCommand('user must be a Slack user id such as U0001');
    if (!this.workspace.people.has(user)) this.workspace.putPerson({ user, name: user.toLowerCase() });
    return user;
  }
}

function required(command: JsonObject, member: string): string {
  const value = stringOf(command, member);
  if (value === '') throw new BadCommand(`${member} is required, as a string`);
  return value;
}

function optional(command: JsonObject, member: string): string | undefined {
  return command[member] === undefined || command[member] === null ? undefined : required(command, member);
}

function found(result: object): Answer {
  return 'notThere' in result
    ? { status: 404, body: { ok: false, error: result.notThere } }
    : { status: 200, body: result };
}

/** The raw body to deliver: `body` as it stands, `payload` as Slack's form field, or `json`. */
function bodyOf(command: JsonObject): string {
  if (typeof command['body'] === 'string') return command['body'];
  if (command['payload'] !== undefined)
    return new URLSearchParams({ payload: JSON.stringify(command['payload']) }).toString();
  if (command['json'] !== undefined) return JSON.stringify(command['json']);
  throw new BadCommand('one of body, payload and json is required');
}

function changesOf(command: JsonObject): DeliveryChanges {
  const timestamp = command['timestamp'];
  const headers = command['headers'];
  const path = optional(command, 'path');
  return {
    contentType: optional(command, 'content_type') ?? (command['json'] === undefined ? undefined : 'application/json'),
    timestamp: typeof timestamp === 'number' ? String(timestamp) : optional(command, 'timestamp'),
    signature: optional(command, 'signature'),
    secret: optional(command, 'secret'),
    headers: isObject(headers) ? (headers as Record<string, string | null>) : undefined,
    path,
  };
}
