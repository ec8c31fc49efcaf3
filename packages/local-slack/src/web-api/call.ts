import { isObject, parseJson, type JsonObject } from '../json.js';
import type { OpenViews } from '../open-views.js';
import type { Links } from '../socket-mode/links.js';
import type { Triggers } from '../triggers.js';
import type { Workspace } from '../workspace.js';

/** What the methods work on. */
export interface CallServices {
  readonly workspace: Workspace;
  readonly views: OpenViews;
  readonly triggers: Triggers;
  /** `null` with Socket Mode off. */
  readonly links: Links | null;
}

/** The answer of a method before `ok` is written into it. */
export type Answer = { ok: true; body: JsonObject } | { ok: false; error: string; messages?: readonly string[] };

/** Returns a successful answer with these members. */
export function done(body: JsonObject = {}): Answer {
  return { ok: true, body };
}

/** Returns a refusal with Slack's code and, for argument faults, its sentences. */
export function fail(error: string, messages?: readonly string[]): Answer {
  return { ok: false, error, messages };
}

/** The arguments of one call; a form carries everything as text, JSON carries values, both mean the same. */
export class Args {
  constructor(readonly all: JsonObject) {}

  /** The argument as text, or an empty string. */
  text(name: string): string {
    const value = this.all[name];
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  }

  has(name: string): boolean {
    const value = this.all[name];
    return value !== undefined && value !== null && value !== '';
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.all[name];
    if (value === undefined || value === '') return otherwise;
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  /** The argument as JSON: parsed when it came as text, undefined when absent or broken. */
  json(name: string): unknown {
    const value = this.all[name];
    return typeof value === 'string' ? parseJson(value) : value;
  }

  object(name: string): JsonObject | undefined {
    const value = this.json(name);
    return isObject(value) ? value : undefined;
  }
}
