/** Code points a reader cannot see or that reorder what they see. New line is handled apart; lone surrogates are Cs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** More than four marks on one letter can be drawn over the lines above and below. */
const PILED_MARKS = /(?<=\p{M}{4})\p{M}/gu;
const LONG_SPACES = /\p{Zs}{9,}/gu;
const LONG_BREAKS = /\n{3,}/g;
/** Slack decodes these three entities even in plain text, so the written form would not be the shown form. */
const ENTITY = /&(?=(?:amp|lt|gt);)/g;

/**
 * Makes text of unknown origin inert for a `plain_text` object with `emoji: false`: NFC, everything invisible or
 * reordering written out as `\u{…}`, long runs of spaces and line breaks replaced by their count. Idempotent. Nothing
 * is cut: what leaves the text says so in the text.
 */
export function inert(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n/g, '\n')
    .replace(UNSEEN, (char) => (char === '\n' ? char : written(char)))
    .replace(PILED_MARKS, written)
    .replace(LONG_SPACES, (run) => ` ⟨${run.length} spaces⟩ `)
    .replace(LONG_BREAKS, '\n\n')
    .replace(ENTITY, written);
}

/** `inert` for a value that belongs on one line: a line break becomes visible too, so it cannot start a line of ours. */
export function inertLine(text: string): string {
  return inert(text).replace(/\n/g, written);
}

/**
 * Escapes the three characters of Slack's markup, ampersand first. Only for the top-level `text` of a message, which
 * cannot be plain: `*`, `_`, `~` and back-ticks have no escape, so nothing but broker facts may go there.
 */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function written(char: string): string {
  return `\\u{${(char.codePointAt(0) as number).toString(16)}}`;
}
