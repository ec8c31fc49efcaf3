import type { Variables } from './environment-variables.js';
import { isLoopbackHost, urlOf } from '../../outbound/network-addresses.js';

/** The server that takes mail, and the mailbox it comes from. */
export interface SmtpEnvironment {
  readonly url: string;
  readonly from: string;
  /** The server is on this machine. */
  readonly loopback: boolean;
}

/** Reads WRIT_SMTP_URL and WRIT_SMTP_FROM: both or none. */
export function readSmtp(variables: Variables): SmtpEnvironment | null {
  const isSet = variables.isSet('WRIT_SMTP_URL');
  if (isSet !== variables.isSet('WRIT_SMTP_FROM'))
    variables.problems.add('WRIT_SMTP_*', `is both or none: ${isSet ? 'WRIT_SMTP_FROM' : 'WRIT_SMTP_URL'} not set`);
  if (!isSet) return null;
  const url = variables.read('WRIT_SMTP_URL');
  const from = variables.read('WRIT_SMTP_FROM');
  const parsed = urlOf(url ?? '');
  if (url !== null && (parsed === null || !/^smtps?:$/.test(parsed.protocol) || parsed.hostname === ''))
    variables.problems.add('WRIT_SMTP_URL', 'must be a URL that begins smtp:// or smtps://');
  // The query of such a URL would set options of the mail library, among them those that turn checks off.
  else if (parsed !== null && (parsed.search !== '' || parsed.hash !== '' || parsed.pathname.length > 1))
    variables.problems.add('WRIT_SMTP_URL', 'must have no path, query or fragment');
  if (from !== null && !/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(from))
    variables.problems.add('WRIT_SMTP_FROM', 'must be one e-mail address');
  return { url: url ?? '', from: from ?? '', loopback: isLoopbackHost(parsed?.hostname ?? '') };
}
