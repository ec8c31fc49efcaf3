import { SessionStore, type Session, type SignedInBy } from '../ports.js';

interface LoginCode {
  readonly person: string;
  readonly signedInBy: SignedInBy;
  readonly until: number;
  used: boolean;
}

/** Login codes and sessions as the contract says, with a clock that only the test moves; what a test looks at is public. */
export class MemorySessionStore extends SessionStore {
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  /** By hash. */
  readonly codes = new Map<string, LoginCode>();
  readonly sessions = new Map<string, Session>();
  /** People whom the configuration names no more; everyone else is there. */
  readonly gone = new Set<string>();
  private readonly ended = new Set<string>();

  override async createLoginCode(
    codeHash: string,
    person: string,
    signedInBy: 'code' | 'enrolment',
    lifeSeconds: number,
  ): Promise<void> {
    this.codes.set(codeHash, { person, signedInBy, until: this.nowMs + lifeSeconds * 1_000, used: false });
  }
  override async redeemLoginCode(codeHash: string): Promise<{ person: string; signedInBy: SignedInBy } | null> {
    const code = this.codes.get(codeHash);
    if (code === undefined || code.used || this.nowMs >= code.until) return null;
    code.used = true;
    return this.gone.has(code.person) ? null : { person: code.person, signedInBy: code.signedInBy };
  }
  override async createSession(
    tokenHash: string,
    person: string,
    { signedInBy, fresh }: Pick<Session, 'signedInBy' | 'fresh'>,
    lifeSeconds: number,
  ): Promise<Session> {
    const openedAt = new Date(this.nowMs);
    const expiresAt = new Date(this.nowMs + lifeSeconds * 1_000);
    const session = { id: `s${this.sessions.size}`, person, signedInBy, fresh, openedAt, expiresAt };
    this.sessions.set(tokenHash, session);
    return session;
  }
  override async findSession(tokenHash: string): Promise<Session | null> {
    const session = this.sessions.get(tokenHash);
    return session !== undefined && this.lives(session) && !this.gone.has(session.person) ? session : null;
  }
  override async sessionsOf(person: string): Promise<readonly Session[]> {
    if (this.gone.has(person)) return [];
    const own = [...this.sessions.values()].filter((session) => session.person === person && this.lives(session));
    return own.sort((a, b) => b.openedAt.getTime() - a.openedAt.getTime());
  }
  override async endSession(tokenHash: string): Promise<string | null> {
    return this.end(this.sessions.get(tokenHash));
  }
  override async endSessionById(id: string, person: string | null): Promise<string | null> {
    const named = [...this.sessions.values()].find((session) => session.id === id);
    return person === null || named?.person === person ? this.end(named) : null;
  }

  private end(session: Session | undefined): string | null {
    if (session === undefined || !this.lives(session)) return null;
    this.ended.add(session.id);
    return session.person;
  }
  private lives({ id, expiresAt }: Session): boolean {
    return !this.ended.has(id) && this.nowMs < expiresAt.getTime();
  }
}
