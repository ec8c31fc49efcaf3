import type { StandingReason } from './views/refusals.js';

/**
 * Judges `user` of `users.info`: `null` when this is a full, human, active member of team `teamId`, else why not.
 * Members that Slack always sends must be there; those it sends only when true may be absent.
 */
export function judgeStanding(user: unknown, userId: string, teamId: string): StandingReason | null {
  if (typeof user !== 'object' || user === null) return 'incomplete_profile';
  const profile = user as Readonly<Record<string, unknown>>;
  const always = ['deleted', 'is_bot', 'is_app_user', 'is_restricted', 'is_ultra_restricted'];
  const onlyWhenTrue = ['is_workflow_bot', 'is_connector_bot', 'is_stranger'];
  const readable = (name: string) => typeof profile[name] === 'boolean';
  if (profile['id'] !== userId || typeof profile['team_id'] !== 'string' || !always.every(readable))
    return 'incomplete_profile';
  if (!onlyWhenTrue.every((name) => profile[name] === undefined || readable(name))) return 'incomplete_profile';

  if (profile['deleted'] === true) return 'deactivated';
  const machine = ['is_bot', 'is_app_user', 'is_workflow_bot', 'is_connector_bot'];
  if (machine.some((name) => profile[name] === true)) return 'bot';
  if (profile['is_stranger'] === true) return 'stranger';
  if (profile['is_restricted'] === true || profile['is_ultra_restricted'] === true) return 'guest';
  if (profile['team_id'] !== teamId) return 'wrong_workspace';
  if (profile['is_email_confirmed'] !== undefined && profile['is_email_confirmed'] !== true) return 'email_unconfirmed';
  return null;
}
