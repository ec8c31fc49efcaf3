/** Code points a reader cannot see or that reorder what they see. New line is handled apart; lone surrogates are Cs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** More than four marks on one letter can be drawn over the lines above and below. */
const PILED_MARKS = /(?<=\p{M}{4})\p{M}/gu;
const LONG_SPACES = /\p{Zs}{9,}/gu;
const LONG_BREAKS = /\n{3,}/g;

/**
 * Text of unknown origin as a person may safely read it: NFC, everything invisible or reordering written out as
 * `\u{…}`, long runs of spaces and line breaks replaced by their count. Idempotent. Nothing is cut: what leaves the
 * text says so in the text. Markup of the place it is shown in is that place's own care.
 */
export function visibleText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n/g, '\n')
    .replace(UNSEEN, (char) => (char === '\n' ? char : writtenOut(char)))
    .replace(PILED_MARKS, writtenOut)
    .replace(LONG_SPACES, (run) => ` ⟨${run.length} spaces⟩ `)
    .replace(LONG_BREAKS, '\n\n');
}

/** `visibleText` for a value that belongs on one line: a line break becomes visible too. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/\n/g, writtenOut);
}

/** A character by its number: `\u{202e}`. */
export function writtenOut(char: string): string {
  return `\\u{${(char.codePointAt(0) as number).toString(16)}}`;
}

/** Where a mail reader or a chat might see the beginning, the middle or the end of an address. */
const LINKABLE = /(?<=\p{L}):(?=\S)|(?<=\S)[.\u3002\uff0e\uff61](?=\p{L})|(?<=\S)@(?=\S)|\\\\(?=\S)/gu;

/**
 * A value on one line for places that make links by themselves and cannot be told not to: what could make an address of
 * it stands in square brackets, `https[:]//evil[.]example`, so that it stays legible and nothing is there to click.
 * Numbers keep their dots.
 */
export function unlinkedLine(text: string): string {
  return visibleLine(text).replace(LINKABLE, (mark) => `[${mark}]`);
}
