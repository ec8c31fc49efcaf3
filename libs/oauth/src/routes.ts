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

/**
 * True for a request whose refusals are RFC 6749 errors wherever they arise, also before a controller is reached and where
 * there is none.
 * @param path of the route, or as requested where there is none
 */
export function speaksOAuth(path: string): boolean {
  return path.startsWith('/oauth/');
}
