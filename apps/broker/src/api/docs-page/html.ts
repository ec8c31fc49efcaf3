/** Text as HTML shows it: no character of it is markup. */
export function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One line of the description's Markdown: only code, links to nowhere and emphasis by backticks are used there. */
export function inline(text: unknown): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** Paragraphs and numbered lists, as `info.description` uses them. */
export function prose(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((block) => {
      const items = block.split('\n').filter((line) => /^\d+\. /.test(line));
      if (items.length > 0)
        return `<ol>${items.map((line) => `<li>${inline(line.replace(/^\d+\. /, ''))}</li>`).join('')}</ol>`;
      return `<p>${inline(block)}</p>`;
    })
    .join('\n');
}

/** A value as indented JSON in a block that scrolls by itself. */
export function jsonBlock(label: string, value: unknown): string {
  const text = escapeHtml(JSON.stringify(value, null, 2));
  return `<details><summary>${inline(label)}</summary><pre tabindex="0">${text}</pre></details>`;
}
