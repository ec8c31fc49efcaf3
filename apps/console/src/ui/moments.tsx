import { useEffect, useState, type ReactNode } from 'react';
import { durationWords, shortDuration } from '../words/words.js';

/** Now, in milliseconds, again every second. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(tick);
  }, [everyMs]);
  return now;
}

/** A moment as the reader's clock tells it; the exact one on hover. */
export function When({ at }: { readonly at: string | null | undefined }): ReactNode {
  if (at === null || at === undefined) return <span className="quiet">–</span>;
  return (
    <time dateTime={at} title={at}>
      {momentWords(new Date(at), new Date())}
    </time>
  );
}

/** The time of day alone, for lists of one day. */
export function AtTime({ at }: { readonly at: string }): ReactNode {
  return (
    <time dateTime={at} title={at}>
      {new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })}
    </time>
  );
}

function momentWords(moment: Date, now: Date): string {
  const time = moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (moment.toDateString() === now.toDateString()) return `today ${time}`;
  const day = moment.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return `${day}${moment.getFullYear() === now.getFullYear() ? '' : ` ${moment.getFullYear()}`}, ${time}`;
}

/** How long people still have. Not announced at each tick: the exact time is beside it. */
export function TimeLeft({ until, of }: { readonly until: string; readonly of?: number | null }): ReactNode {
  const left = (Date.parse(until) - useNow()) / 1_000;
  if (left <= 0) return <span className="quiet">time is over</span>;
  const soon = left < Math.max(60, (of ?? 0) * 0.2);
  return (
    <span className={soon ? 'soon' : undefined} title={`until ${until}`}>
      {shortDuration(left)} left
    </span>
  );
}

/** Time that has passed. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const passed = (useNow(10_000) - Date.parse(at)) / 1_000;
  return (
    <time dateTime={at} title={at}>
      {passed < 5 ? 'just now' : `${shortDuration(passed)} ago`}
    </time>
  );
}

/** A length of time in words. */
export function Duration({ seconds }: { readonly seconds: number }): ReactNode {
  return <>{durationWords(seconds)}</>;
}
