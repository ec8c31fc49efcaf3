/** What would point the demo's broker at somebody's database, workspace, folder or collector. */
const OF_ANOTHER_BROKER = /^(WRIT_|SLACK_|DATABASE_URL|REDIS_URL|OTEL_)/;

/**
 * The variables for the demo's own broker: this process's, without those that configure a broker, and with `own`. The
 * demo stands outside the product, so it reads them itself, here and nowhere else.
 */
export function environmentForBroker(own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-syntax -- an outsider cannot use the product's own reader of variables
  const kept = Object.entries(process.env).filter(([name]) => !OF_ANOTHER_BROKER.test(name));
  return { ...Object.fromEntries(kept), ...own };
}
