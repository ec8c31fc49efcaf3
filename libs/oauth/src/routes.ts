/** Where the OAuth surface answers. */
export const OAUTH_ROUTES = {
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  jwks: '/oauth/jwks',
  statusLists: '/status',
  authorizationServer: '/.well-known/oauth-authorization-server',
  openidConfiguration: '/.well-known/openid-configuration',
} as const;

const FORMS: readonly string[] = [OAUTH_ROUTES.token, OAUTH_ROUTES.introspect, OAUTH_ROUTES.revoke];

/**
 * True for a request whose refusals are RFC 6749 errors wherever they arise, also before a controller is reached.
 * @param url the path as requested, a query is ignored
 */
export function isOAuthForm(method: string, url: string): boolean {
  return method === 'POST' && FORMS.includes(url.split('?', 1)[0] ?? '');
}
