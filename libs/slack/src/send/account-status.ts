import { refusalOf, type SlackFault } from './slack-fault.js';
import type { SlackRefusal, AccountRefusal } from '../views/refusals.js';

/** What Slack says of an account. */
export type AccountStatus =
  { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reason: AccountRefusal } | SlackFault;

/** The standing as a refusal of what the account wants; `null` for one in good standing. */
export function againstAccount(status: AccountStatus): SlackRefusal | null {
  if (status.kind === 'ok') return null;
  if (status.kind === 'refused') return { code: 'standing', reason: status.reason };
  const refusal = refusalOf(status);
  return refusal === null ? { code: 'standing_unknown' } : { code: 'app_refused', ...refusal };
}

/**
 * Judges `user` of `users.info`: `null` when this is a full, human, active member of team `teamId`, else why not.
 * Members that Slack always sends must be there; those it sends only when true may be absent. In an Enterprise Grid an
 * account belongs to the organisation, and Slack lists the workspaces in which it is a member.
 */
export function judgeAccount(user: unknown, userId: string, teamId: string): AccountRefusal | null {
  if (typeof user !== 'object' || user === null) return 'incomplete_profile';
  const profile = user as Readonly<Record<string, unknown>>;
  const always = ['deleted', 'is_bot', 'is_app_user', 'is_restricted', 'is_ultra_restricted'];
  const onlyWhenTrue = ['is_workflow_bot', 'is_connector_bot', 'is_stranger'];
  const readable = (name: string) => typeof profile[name] === 'boolean';
  const told = typeof profile['team_id'] === 'string' || gridOf(user) !== null;
  if (profile['id'] !== userId || !told || !always.every(readable)) return 'incomplete_profile';
  if (!onlyWhenTrue.every((name) => profile[name] === undefined || readable(name))) return 'incomplete_profile';

  if (profile['deleted'] === true) return 'deactivated';
  const machine = ['is_bot', 'is_app_user', 'is_workflow_bot', 'is_connector_bot'];
  if (machine.some((name) => profile[name] === true)) return 'bot';
  if (profile['is_stranger'] === true) return 'stranger';
  if (profile['is_restricted'] === true || profile['is_ultra_restricted'] === true) return 'guest';
  if (profile['team_id'] !== teamId && gridOf(user)?.teams.includes(teamId) !== true) return 'wrong_workspace';
  if (profile['is_email_confirmed'] !== undefined && profile['is_email_confirmed'] !== true) return 'email_unconfirmed';
  return null;
}

/** The organisation of an Enterprise Grid account and the workspaces in which it is a member; `null` outside one. */
export function gridOf(user: unknown): { readonly organisation: string; readonly teams: readonly unknown[] } | null {
  const grid = (user as { enterprise_user?: { enterprise_id?: unknown; teams?: unknown } } | null)?.enterprise_user;
  if (typeof grid !== 'object' || grid === null) return null;
  const { enterprise_id: organisation, teams } = grid;
  return typeof organisation === 'string' && Array.isArray(teams) ? { organisation, teams } : null;
}
