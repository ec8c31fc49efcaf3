/** In which zone a moment is told, the day that it is there, and the zone that the reader takes for granted. */
export interface Clock {
  readonly zone: string;
  /** `2026-11-30`. */
  readonly today: string;
  /** Times of today are told without a zone only in this one. */
  readonly own: string;
}

interface Told {
  readonly seconds?: boolean;
}

/**
 * The time of day alone for today; with its date and zone for every other day: `10:25:46`,
 * `12 Nov 2026, 10:25:46 CET`.
 */
export function momentWords(moment: Date, { zone, today, own }: Clock, { seconds = false }: Told = {}): string {
  const isToday = dayIn(zone, moment) === today;
  const words = formatOf({
    timeZone: zone,
    ...(isToday ? {} : { day: 'numeric', month: 'short', year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    ...(isToday && zone === own ? {} : { timeZoneName: 'short' }),
    hourCycle: 'h23',
  });
  return words.format(moment);
}

/** `2026-11-30`, in this zone. */
export function dayIn(zone: string, moment: Date): string {
  const day = formatOf({ timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return day.format(moment).split('/').reverse().join('-');
}

/** `2026-11-30 09:25:46 UTC`: the same for everybody. */
export function utcWords(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs far more than using it, and a page has hundreds of times in a few forms. */
function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const form = JSON.stringify(options);
  const format = formats.get(form) ?? new Intl.DateTimeFormat('en-GB', options);
  formats.set(form, format);
  return format;
}
