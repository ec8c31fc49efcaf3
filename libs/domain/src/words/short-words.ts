// Few words for what stands on every screen in which people decide.
import { visibleLine } from '../inert-text.js';

const NAMED = 4;

/** How often a grant may be used; `null` is unlimited. */
export function usesWords(uses: number | null): string {
  if (uses === null) return 'unlimited uses';
  return uses === 1 ? '1 use' : `${uses} uses`;
}

/** The first twelve hex digits of a digest: short enough to compare by eye, never the thing that is compared. */
export function shortDigest(digest: string): string {
  return visibleLine(digest.replace(/^sha256:/, '').slice(0, 12));
}

/** `refund.create, payment.read and 3 more`: the first of these names, made visible, and how many follow. */
export function firstNames(names: readonly string[], most = NAMED): string {
  const shown = names.slice(0, most).map(visibleLine).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/**
 * The verb between who asks and what: `wants:`, or `asked for:` once it is decided.
 * @param said an operator's sentence follows, which stands behind a colon
 */
export function askVerb(isOpen: boolean, said: boolean): string {
  return `${isOpen ? 'wants' : 'asked for'}${said ? ':' : ''}`;
}
