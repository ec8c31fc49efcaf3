import { Injectable } from '@nestjs/common';
import { LostPage } from '#platform/http/lost-page.js';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>There is no page here · Writ</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.6rem; margin-bottom: .25rem; }
</style>
<main>
<h1>There is no page here</h1>
<p>The address may be mistyped. This process of Writ serves no console.</p>
</main>
</html>
`;

/** For a process without the console. */
@Injectable()
export class PlainLostPage extends LostPage {
  override readonly body = PAGE;
  override readonly headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
}
