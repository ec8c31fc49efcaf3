import { unlinkedLine, visibleText, writtenOut } from '#domain/inert-text.js';

/** Slack decodes these three entities even in plain text, so the written form would not be the shown form. */
const ENTITY = /&(?=(?:amp|lt|gt);)/g;

/**
 * Makes text of unknown origin inert for a `plain_text` object with `emoji: false`: everything invisible or reordering
 * made visible, and nothing that Slack would decode. Idempotent. Nothing is cut.
 */
export function inert(text: string): string {
  return visibleText(text).replace(ENTITY, writtenOut);
}

/** `inert` for a value that belongs on one line: a line break becomes visible too, so it cannot start a line of ours. */
export function inertLine(text: string): string {
  return inert(text).replace(/\n/g, writtenOut);
}

/** Marks for which Slack's markup has no escape; an underscore only where one could begin or end what is in italics. */
const MARKUP = /[*~`]|(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}]):(?=[\w+'-]+:)/gu;

/**
 * A value of the agent for the top-level `text` of a message, which cannot be plain and may be shown as markup: on one
 * line, nothing in it a link, a format or an emoji. `escapeMrkdwn` still goes over the whole text.
 */
export function unmarked(value: string): string {
  return unlinkedLine(inertLine(value)).replace(MARKUP, writtenOut);
}

/**
 * Escapes the three characters of Slack's markup, ampersand first. Only for the top-level `text` of a message, which
 * cannot be plain: `*`, `_`, `~` and back-ticks have no escape, so nothing goes there but broker facts and what
 * `unmarked` has been over.
 */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
