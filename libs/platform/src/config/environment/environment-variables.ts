import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProblemList } from '../configuration-error.js';

const PLAIN = [
  'WRIT_ISSUER',
  'WRIT_HOST',
  'WRIT_PORT',
  'WRIT_DATA_DIR',
  'WRIT_CONFIG',
  'WRIT_ROLES',
  'WRIT_DRAIN_SECONDS',
  'WRIT_TRUSTED_PROXIES',
  'WRIT_LOG_LEVEL',
  'WRIT_OIDC_ISSUER',
  'WRIT_OIDC_CLIENT_ID',
  'WRIT_SMTP_FROM',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'SLACK_APP_ID',
  'SLACK_TEAM_ID',
  'SLACK_BOT_ID',
  'SLACK_BOT_USER_ID',
  'SLACK_API_URL',
] as const;

/** Each of these may come from a file named by `<NAME>_FILE` instead. */
const SECRET = [
  'DATABASE_URL',
  'WRIT_MIGRATE_DATABASE_URL',
  'REDIS_URL',
  'WRIT_MASTER_KEY',
  'WRIT_OIDC_CLIENT_SECRET',
  'WRIT_SMTP_URL',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
] as const;

const SECRET_FILE_BYTES_MAX = 64 * 1024;

export type PlainName = (typeof PLAIN)[number];
export type SecretName = (typeof SECRET)[number];
export type VariableName = PlainName | SecretName;

const KNOWN: ReadonlySet<string> = new Set([...PLAIN, ...SECRET, ...SECRET.map((name) => `${name}_FILE`)]);

/** Reads known variables one by one, noting problems by name and never by value. */
export class Variables {
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly root: string,
    readonly problems: ProblemList,
  ) {}

  /** Refuses `WRIT_*` names that no part of Writ reads: a misspelt safety setting would otherwise do nothing. */
  refuseUnknown(): void {
    for (const name of Object.keys(this.env).sort()) {
      if (name.startsWith('WRIT_') && !KNOWN.has(name)) this.problems.add(name, 'is not a variable of Writ');
    }
  }

  /** True when the variable, or its `_FILE` twin, is present at all. */
  isSet(name: VariableName): boolean {
    return this.env[name] !== undefined || (isSecret(name) && this.env[`${name}_FILE`] !== undefined);
  }

  /** The value, or null when unset or unusable (which is noted). */
  read(name: VariableName): string | null {
    return isSecret(name) ? this.secret(name) : this.notEmpty(name, this.env[name]);
  }

  private secret(name: SecretName): string | null {
    const fileName = `${name}_FILE`;
    if (this.env[fileName] === undefined) return this.withoutSpace(name, this.notEmpty(name, this.env[name]));
    if (this.env[name] !== undefined) {
      this.problems.add(name, `is set twice: unset it or ${fileName}`);
      return null;
    }
    const path = this.notEmpty(fileName, this.env[fileName]);
    return path === null ? null : this.withoutSpace(fileName, this.notEmpty(fileName, this.contents(fileName, path)));
  }

  private contents(name: string, path: string): string | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(resolve(this.root, path), 'r');
      const stat = fstatSync(descriptor);
      if (stat.isFile() && stat.size <= SECRET_FILE_BYTES_MAX) return readFileSync(descriptor, 'utf8').trim();
      this.problems.add(name, `must name a file of at most ${SECRET_FILE_BYTES_MAX} bytes`);
    } catch (error) {
      // The path stays unsaid: a common slip is to put the secret itself here.
      this.problems.add(name, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
    return undefined;
  }

  private notEmpty(name: string, value: string | undefined): string | null {
    if (value === undefined) return null;
    if (value.trim() !== '') return value;
    this.problems.add(name, 'is empty: give it a value or unset it');
    return null;
  }

  private withoutSpace(name: string, value: string | null): string | null {
    if (value === null || !/\s|\p{Cc}/u.test(value)) return value;
    this.problems.add(name, 'must not hold spaces or line breaks');
    return null;
  }
}

function isSecret(name: VariableName): name is SecretName {
  return (SECRET as readonly string[]).includes(name);
}
