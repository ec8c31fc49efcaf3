const PARENT_POLL_MS = 200;

/**
 * npm passes a signal to the shell between it and this process, and some shells (dash) die of it without passing it
 * on. So the end of that shell counts as the signal.
 */
export function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_POLL_MS);
  watch.unref();
}
