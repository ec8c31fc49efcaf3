/** What a decision does to the identical requests behind the one that is shown; `null` when there are none. */
export function identicalLine(behind: number): string | null {
  if (behind === 0) return null;
  const [requests, them, each] = behind === 1 ? ['request waits', 'it', 'it'] : ['requests wait', 'them', 'each'];
  return `${behind} identical ${requests} behind this one: Deny denies ${them} too, Approve leaves ${each} to be decided.`;
}
