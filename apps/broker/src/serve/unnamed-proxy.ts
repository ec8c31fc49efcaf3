import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import type { JsonLog } from '#platform/observe/log.js';

const FORWARDING = ['forwarded', 'x-forwarded-for'] as const;

/**
 * Says once, when a request comes through a proxy that nobody has named: whatever goes by the address of a stranger then
 * goes by that of the proxy. Anybody can send such a header, so it is a warning and nothing follows from it.
 */
export function noticeUnnamedProxy(
  fastify: FastifyInstance,
  { trustedProxies }: Pick<WritEnvironment, 'trustedProxies'>,
  log: Pick<JsonLog, 'line'>,
): void {
  if (trustedProxies.length > 0) return;
  let said = false;
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: unknown, done: () => void) => {
    const header = said ? undefined : FORWARDING.find((name) => request.headers[name] !== undefined);
    if (header !== undefined) {
      said = true;
      log.line('warn', 'requests carry a forwarding header, and WRIT_TRUSTED_PROXIES names no proxy', { header });
    }
    done();
  });
}
