import { Injectable } from '@nestjs/common';
import { BreakGlassTeller, type JobOutcome } from '#delivery/ports.js';
import { resourceIn } from '#domain/catalog.js';
import { ratedCalls } from '#domain/words/call-lines.js';
import { BreakGlassUses } from '#escalations/judge/break-glass.js';
import { Store, RegistrySource, type Registry } from '#escalations/ports.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { breakGlassNotice, type BrokenGlass } from '#slack/views/break-glass-notice.view.js';

/** How long a channel that could not be served now is left alone. */
const RETRY_SECONDS = 2;

/**
 * Tells everyone whom a break-glass passed over, each channel once however often the job runs. Only a crash between
 * telling and recording it can tell one twice.
 */
@Injectable()
export class SlackBreakGlassTeller extends BreakGlassTeller {
  constructor(
    private readonly store: Store,
    private readonly registry: RegistrySource,
    private readonly uses: BreakGlassUses,
    private readonly gateway: SlackGateway,
  ) {
    super();
  }

  override async tell(escalationId: string): Promise<JobOutcome> {
    const found = await this.store.read.escalations.byId(escalationId);
    const use = found?.escalation.breakGlass ?? null;
    if (found === null) return 'gone';
    if (use === null) return 'done';
    const registry = await this.registry.current();
    const { catalog } = registry;
    const channels = use.skipped.flatMap((id) => catalog.groups.find((group) => group.id === id)?.slackChannel ?? []);
    const waits: number[] = [];
    for (const channel of new Set(channels)) {
      const claimed = await this.uses.claimNotice(escalationId, channel);
      if (claimed === 'busy') waits.push(RETRY_SECONDS);
      if (claimed !== 'claimed') continue;
      const posted = await this.gateway.post(
        channel,
        breakGlassNotice(brokenGlass(found.escalation, registry), use.skipped),
      );
      await this.uses.settleNotice(escalationId, channel, posted.kind === 'ok' || posted.kind === 'gone');
      if (posted.kind === 'rate_limited') waits.push(posted.retryAfterSeconds);
      else if (posted.kind !== 'ok' && posted.kind !== 'gone') waits.push(RETRY_SECONDS);
    }
    return waits.length === 0 ? 'done' : { retryAfterSeconds: Math.max(...waits) };
  }
}

function brokenGlass(row: EscalationRow, { catalog, words }: Registry): BrokenGlass {
  const calls = words.calls(row.resource, row.request.authorization_details);
  const resource = resourceIn(catalog, row.resource);
  return {
    id: row.id,
    agent: { id: row.agentId, name: words.agent(row.agentId) },
    owner: words.person(row.ownerId),
    resource: words.resource(row.resource),
    calls: ratedCalls(calls, resource, row.risk),
    status: row.status,
    justification: row.request.justification,
  };
}
