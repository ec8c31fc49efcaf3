import { instant } from '#domain/instant.js';
import type { BreakGlassRow, BreakGlassUse } from '#escalations/judge/break-glass.js';

type Wire = Record<string, unknown>;

/** What break-glass did for a request, for people; `null` when nothing. */
export function presentBreakGlass(use: BreakGlassUse | null | undefined): Wire | null {
  if (use === null || use === undefined) return null;
  const { skipped, usedAt, reviewed } = use;
  return {
    skipped,
    used_at: instant(usedAt),
    reviewed: reviewed === null ? null : { by: reviewed.by, at: instant(reviewed.at), note: reviewed.note },
  };
}

/** One use in their list. */
export function presentBreakGlassUse(row: BreakGlassRow): Wire {
  const { escalationId, agentId, ownerId, resource, status, justification } = row;
  return {
    escalation: escalationId,
    agent: agentId,
    owner: ownerId,
    resource,
    status,
    justification,
    ...presentBreakGlass(row),
  };
}
