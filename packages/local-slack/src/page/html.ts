/** Text that is already HTML. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

/** Takes any text; returns it so that HTML shows it as it stands, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function written(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map((entry: Part) => written(entry)).join('');
  return part === false || part === null || part === undefined ? '' : escapeHtml(String(part));
}

/** A template whose every value is escaped unless it is HTML itself; lists are joined, absent values are nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + (index < parts.length ? written(parts[index]) : '')).join(''));
}

/** Returns the attribute when the condition holds, with a leading space. */
export function attribute(condition: boolean, text: string): Html {
  return new Html(condition ? ` ${text}` : '');
}
