import { useSyncExternalStore } from 'react';
import { dayIn, type Clock } from '../words/moment-words.js';

const KEPT = 'writ.zone';
const DAY_AGAIN_MS = 20_000;

/** The zone of this machine, as its browser knows it. */
export const BROWSER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

const told = new Set<() => void>();
let midnight: ReturnType<typeof setInterval> | undefined;

/** Every zone that this browser can tell time in. */
export function knownZones(): readonly string[] {
  return Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');
}

/** The zone that was chosen under Account; `null`: the browser's. One that this browser does not know is none. */
export function chosenZone(): string | null {
  const kept = window.localStorage.getItem(KEPT);
  return kept !== null && isZone(kept) ? kept : null;
}

/** Keeps the choice in this browser, and shows every time anew. */
export function chooseZone(zone: string | null): void {
  if (zone === null) window.localStorage.removeItem(KEPT);
  else window.localStorage.setItem(KEPT, zone);
  for (const tell of told) tell();
}

/** The zone in which times are shown, and the day that it is there: a component that reads it follows both. */
export function useClock(): Clock {
  const now = useSyncExternalStore(follow, () => {
    const zone = chosenZone() ?? BROWSER_ZONE;
    return `${zone} ${dayIn(zone, new Date())}`;
  });
  const [zone = 'UTC', today = ''] = now.split(' ');
  return { zone, today, own: BROWSER_ZONE };
}

/** A choice made in another tab counts here too, and a day ends while a page is open. */
function follow(tell: () => void): () => void {
  const all = (): void => told.forEach((one) => one());
  told.add(tell);
  window.addEventListener('storage', tell);
  midnight ??= setInterval(all, DAY_AGAIN_MS);
  return () => {
    told.delete(tell);
    window.removeEventListener('storage', tell);
    if (told.size > 0) return;
    clearInterval(midnight);
    midnight = undefined;
  };
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
