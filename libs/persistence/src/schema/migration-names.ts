import { readdir } from 'node:fs/promises';

/** The migrations of an absolute folder by name, in the order in which they are applied. */
export async function migrationNames(migrationsDir: string): Promise<string[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.sort();
}
