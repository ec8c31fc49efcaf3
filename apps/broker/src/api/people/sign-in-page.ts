import type { FastifyReply } from 'fastify';

/** A way that ended: what people read who were on it. Plain text; shown escaped. */
export interface SignInTrouble {
  readonly status: 400 | 403 | 503;
  readonly title: string;
  readonly words: readonly string[];
}

/**
 * A page without script or style of its own accord, for a browser that was sent here by another site.
 * @param links the ways on, as paths of this site by what they are called
 */
export function sendTrouble(
  reply: FastifyReply,
  { status, title, words }: SignInTrouble,
  links: Readonly<Record<string, string>> = backTo('/login'),
): void {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Writ</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
  h1 { font-size: 1.4rem; }
</style>
<main>
<h1>${escaped(title)}</h1>
${words.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
${Object.entries(links)
  .map(([label, href]) => `<p><a href="${escaped(href)}">${escaped(label)}</a></p>`)
  .join('\n')}
</main>
</html>
`;
  void reply
    .status(status)
    .header('Content-Type', 'text/html; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    .send(page);
}

/** The way back to the page of the console that was wanted: whoever is not signed in finds the sign-in there. */
export function backTo(path: string): Readonly<Record<string, string>> {
  return { 'Back to signing in': path };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
