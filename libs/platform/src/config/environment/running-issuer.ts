import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'issuer';

/** Tells commands beside an embedded broker how it is called: with port 0 only the broker itself knows. */
export function writeRunningIssuer(dataDir: string, issuer: string): void {
  const path = join(dataDir, FILE);
  // Renamed into place, so that nobody reads half a line.
  writeFileSync(`${path}.${process.pid}`, `${issuer}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

/** The issuer that the broker of this data folder last listened as; null when none ever did. */
export function readRunningIssuer(dataDir: string): string | null {
  try {
    const issuer = readFileSync(join(dataDir, FILE), 'utf8').trim();
    return issuer === '' ? null : issuer;
  } catch {
    return null;
  }
}
