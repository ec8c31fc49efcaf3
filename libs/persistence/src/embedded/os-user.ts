import { spawnSync } from 'node:child_process';

/** A user of the operating system. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Returns the users that PostgreSQL may run as under root, the best first; empty when this system has neither. */
export function unprivilegedUsers(): OsUser[] {
  return ['postgres', '_postgres', 'nobody'].map(lookUp).filter((user) => user !== null);
}

/** Returns the user with this name or number, or null. */
export function lookUp(nameOrUid: string): OsUser | null {
  const [uid, gid, name] = ['-u', '-g', '-un'].map((option) => {
    const answer = spawnSync('id', [option, nameOrUid], { encoding: 'utf8' });
    return answer.status === 0 ? answer.stdout.trim() : null;
  });
  return uid && gid ? { name: name ?? nameOrUid, uid: Number(uid), gid: Number(gid) } : null;
}

/** Whether `user` can enter the folder. Tried for real: modes alone do not tell (ACLs, mounts, containers). */
export function canEnter(user: OsUser, folder: string): boolean {
  const trial = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...spawnIdentity(user),
    cwd: '/',
    env: cleanEnvironment(),
  });
  return trial.status === 0;
}

/** Returns the spawn options that run a child as `user`; none for null, this process's own. */
export function spawnIdentity(user: OsUser | null): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

/** Returns an environment without the caller's `PG*`, locale and preloads; Windows needs its own one to load programs. */
export function cleanEnvironment(): Record<string, string> | undefined {
  return process.platform === 'win32' ? undefined : { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
}
