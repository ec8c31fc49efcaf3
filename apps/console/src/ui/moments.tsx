import { useEffect, useState, type ReactNode } from 'react';
import { roughDuration } from '#domain/words/duration-words.js';
import { useIsLive } from '../api/live.js';
import { dayIn, momentWords, utcWords } from '../words/moment-words.js';
import { shortDuration } from '../words/words.js';
import { useClock } from './zone.js';

/** Now, in milliseconds, again every second. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(tick);
  }, [everyMs]);
  return now;
}

interface WhenProps {
  readonly at: string | null | undefined;
  /** With its seconds. */
  readonly exact?: boolean;
}

/** A moment in the zone that was chosen under Account, with its date unless it is today; in UTC on hover. */
export function When({ at, exact = false }: WhenProps): ReactNode {
  const clock = useClock();
  if (at === null || at === undefined) return <span className="quiet">–</span>;
  const moment = new Date(at);
  return (
    <time dateTime={at} title={utcWords(moment)}>
      {dayIn(clock.zone, moment) === clock.today ? 'today ' : ''}
      {momentWords(moment, clock, { seconds: exact })}
    </time>
  );
}

/** The same to the second, for lists of what happened: of today the time of day alone. */
export function AtTime({ at }: { readonly at: string }): ReactNode {
  const moment = new Date(at);
  return (
    <time dateTime={at} title={utcWords(moment)}>
      {momentWords(moment, useClock(), { seconds: true })}
    </time>
  );
}

/** How long people still have. Not announced at each tick: the exact time is beside it. While nothing comes through, no clock runs. */
export function TimeLeft({ until, of }: { readonly until: string; readonly of?: number | null }): ReactNode {
  const left = (Date.parse(until) - useNow()) / 1_000;
  const live = useIsLive();
  const title = `until ${utcWords(new Date(until))}`;
  if (!live)
    return (
      <span className="quiet" title={title}>
        until <AtTime at={until} />
      </span>
    );
  if (left <= 0) return <span className="quiet">time is over</span>;
  const soon = left < Math.max(60, (of ?? 0) * 0.2);
  return (
    <span className={soon ? 'soon' : undefined} title={title}>
      {shortDuration(left)} left
    </span>
  );
}

/** A length of time in words. */
export function Duration({ seconds }: { readonly seconds: number }): ReactNode {
  return <>{roughDuration(seconds)}</>;
}
