/**
 * The grant type of draft-ietf-oauth-deferred-token-response: an agent comes back for what it asked, with the code of its
 * request.
 */
export const DEFERRED = 'urn:ietf:params:oauth:grant-type:deferred';
