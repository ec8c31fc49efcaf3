/** RFC 3339 UTC with milliseconds of an instant in epoch milliseconds; `null` stays `null`. */
export function instant(ms: number): string;
export function instant(ms: number | null): string | null;
export function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(Math.floor(ms)).toISOString();
}
