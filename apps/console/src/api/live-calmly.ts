import { useCallback, useEffect, useRef } from 'react';
import { useLive } from './live.js';

const AT_MOST_EVERY_MS = 5_000;

/** As `useLive`, for what is dear to count: at once after a calm, and then every few seconds while things go on changing. */
export function useLiveCalmly(reload: () => void): void {
  const last = useRef(0);
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const calm = useCallback(() => {
    if (waiting.current !== undefined) return;
    waiting.current = setTimeout(
      () => {
        waiting.current = undefined;
        last.current = Date.now();
        reload();
      },
      Math.max(0, last.current + AT_MOST_EVERY_MS - Date.now()),
    );
  }, [reload]);
  useEffect(
    () => () => {
      clearTimeout(waiting.current);
      waiting.current = undefined;
    },
    [calm],
  );
  useLive(calm);
}
