import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import { Public } from '#platform/http/principal.js';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Writ</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.6rem; margin-bottom: .25rem; }
  code { font: .9em ui-monospace, monospace; }
  li { margin: .35rem 0; }
</style>
<h1>Writ</h1>
<p>A just-in-time credential broker for AI agents. Agents hold nothing by default: they ask for one task’s authority,
policy and people decide, and a short-lived token carries exactly what was approved.</p>
<ul>
  <li><a href="/.well-known/oauth-authorization-server">Authorization server metadata</a></li>
  <li><a href="/oauth/jwks">Signing keys</a></li>
  <li><a href="/docs">API documentation</a> (<a href="/openapi.json">OpenAPI</a>)</li>
  <li>People decide in Slack, or over REST after <code>npx writ login-link &lt;person&gt;</code></li>
</ul>
</html>
`;

/** The plain page at `/`, where no console is served. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Public()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  home(): string {
    return PAGE;
  }
}
