import type { SlackFault } from './slack-fault.js';

const WITHIN_MS = 2_500;

/**
 * True for an address at which Slack itself takes answers to a click: its own hooks, and of a local Slack the server
 * that the Web API is at. A stranger who can sign a delivery must not make us call other addresses.
 */
export function isResponseUrl(apiUrl: string, address: string): boolean {
  if (!URL.canParse(address)) return false;
  const api = new URL(apiUrl);
  const url = new URL(address);
  const own = api.hostname.endsWith('slack.com') || api.hostname.endsWith('slack-gov.com');
  const host = own ? `hooks.${api.hostname.split('.').slice(-2).join('.')}` : api.host;
  return url.protocol === api.protocol && url.host === host && url.username === '' && url.password === '';
}

/** Posts a message to a response URL. A lost answer is not tried again. */
export async function answerAt(
  apiUrl: string,
  address: string,
  message: object,
): Promise<{ readonly kind: 'ok' } | SlackFault> {
  if (!isResponseUrl(apiUrl, address)) return { kind: 'gone', error: 'foreign_response_url' };
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'error',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return { kind: 'ok' };
    return answer.status < 500
      ? { kind: 'gone', error: `response_url_${answer.status}` }
      : { kind: 'unavailable', error: `response_url_${answer.status}`, maybeDone: true };
  } catch (error) {
    return { kind: 'unavailable', error: error instanceof Error ? error.name : 'unknown', maybeDone: true };
  }
}
