import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: prisma/ and config/ stand beside it, whether this runs from source or from dist. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Where relative paths and the data folder begin: the clone; for an installed package, the folder that it is called in. */
export const WORK_FOLDER = ROOT.split(sep).includes('node_modules') ? process.cwd() : ROOT;

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'prisma'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the folder of package.json was not found');
  return findRoot(parent);
}
