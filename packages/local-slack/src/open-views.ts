import { randomBytes } from 'node:crypto';
import { randomId } from './credentials.js';
import { normaliseBlocks } from './block-kit/normalise.js';
import { initialValues, type ViewValues } from './form-values.js';
import { isObject, stringOf, type JsonObject } from './json.js';
import type { Workspace } from './workspace.js';

/** Slack stacks at most three modals. */
export const VIEW_STACK_MAX = 3;

/** A modal or Home tab in front of one person. */
export interface OpenView {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousId: string | null;
  /** The app's own view: title, submit, close, callback_id, private_metadata, flags. */
  content: JsonObject;
  blocks: JsonObject[];
  hash: string;
  values: ViewValues;
  /** Faults shown under inputs, by block id. */
  errors: Record<string, string>;
}

/** Every view that stands open: per root a stack of modals, per person one Home tab. */
export class OpenViews {
  private readonly stacks = new Map<string, OpenView[]>();
  private readonly homes = new Map<string, OpenView>();

  constructor(private readonly workspace: Workspace) {}

  /** Opens a modal on its own stack, or on top of `under`. Takes a sound view. */
  open(user: string, content: JsonObject, under?: OpenView, triggerId?: string): OpenView {
    const id = `V${randomId(10)}`;
    const view = this.build(id, user, content, under);
    this.stacks.set(view.rootId, [...(this.stacks.get(view.rootId) ?? []), view]);
    this.workspace.changed({ kind: 'view', user, viewId: id, triggerId });
    return view;
  }

  /** Puts a person's Home tab in place of the one before. */
  publish(user: string, content: JsonObject): OpenView {
    const view = this.build(this.homes.get(user)?.id ?? `V${randomId(10)}`, user, content);
    this.homes.set(user, view);
    this.workspace.changed({ kind: 'view', user, viewId: view.id });
    return view;
  }

  /** Replaces what a view shows; values typed into inputs that are still there stay, as in Slack. */
  replace(view: OpenView, content: JsonObject): void {
    const before = view.values;
    Object.assign(view, {
      ...this.build(view.id, view.user, content),
      rootId: view.rootId,
      previousId: view.previousId,
    });
    for (const [block, actions] of Object.entries(view.values))
      for (const action of Object.keys(actions)) {
        const typed = before[block]?.[action];
        if (typed && typed['type'] === actions[action]?.['type']) actions[action] = typed;
      }
    this.changed(view);
  }

  /** Closes the top of a stack, or all of it. */
  close(view: OpenView, all = false): void {
    const left = all ? [] : (this.stacks.get(view.rootId) ?? []).filter((entry) => entry !== view);
    if (left.length > 0) this.stacks.set(view.rootId, left);
    else this.stacks.delete(view.rootId);
    this.changed(view);
  }

  stack(view: OpenView): readonly OpenView[] {
    return this.stacks.get(view.rootId) ?? [];
  }

  home(user: string): OpenView | undefined {
    return this.homes.get(user);
  }

  /** The modal that this person has in front: the top of the newest stack. */
  inFront(user: string): OpenView | undefined {
    return [...this.stacks.values()]
      .filter((stack) => stack[0]?.user === user)
      .at(-1)
      ?.at(-1);
  }

  all(): OpenView[] {
    return [...[...this.stacks.values()].flat(), ...this.homes.values()];
  }

  find(id: string): OpenView | undefined {
    return this.all().find((view) => view.id === id);
  }

  byExternalId(externalId: string): OpenView | undefined {
    return this.all().find((view) => view.content['external_id'] === externalId && externalId !== '');
  }

  changed(view: OpenView): void {
    this.workspace.changed({ kind: 'view', user: view.user, viewId: view.id });
  }

  /** A view as Slack writes it in answers and payloads. */
  wire(view: OpenView): JsonObject {
    const { credentials } = this.workspace;
    const { content } = view;
    return {
      id: view.id,
      team_id: credentials.teamId,
      type: content['type'],
      blocks: view.blocks,
      private_metadata: stringOf(content, 'private_metadata'),
      callback_id: stringOf(content, 'callback_id'),
      state: { values: view.values },
      hash: view.hash,
      title: content['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
      clear_on_close: content['clear_on_close'] === true,
      notify_on_close: content['notify_on_close'] === true,
      close: content['close'] ?? null,
      submit: content['submit'] ?? null,
      previous_view_id: view.previousId,
      root_view_id: view.rootId,
      app_id: credentials.appId,
      external_id: stringOf(content, 'external_id'),
      app_installed_team_id: credentials.teamId,
      bot_id: credentials.botId,
    };
  }

  private build(id: string, user: string, content: JsonObject, under?: OpenView): OpenView {
    const blocks = normaliseBlocks(content['blocks']);
    return {
      id,
      user,
      rootId: under?.rootId ?? id,
      previousId: under?.id ?? null,
      content: isObject(content) ? structuredClone(content) : {},
      blocks,
      hash: `${Math.floor(this.workspace.now() / 1000)}.${randomBytes(4).toString('hex')}`,
      values: initialValues(blocks),
      errors: {},
    };
  }
}
