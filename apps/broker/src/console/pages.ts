import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { ROOT } from '#platform/root.js';

const BUILT = join(ROOT, 'dist/apps/console/www');

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface BuiltFile {
  readonly body: Buffer;
  readonly type: string;
  /** A strong validator over the bytes, quoted. */
  readonly etag: string;
}

/** The built console, read once at start: no request ever names a file of this machine. */
@Injectable()
export class ConsolePages {
  readonly index: BuiltFile;
  private readonly assets: ReadonlyMap<string, BuiltFile>;

  constructor() {
    if (!existsSync(join(BUILT, 'index.html')))
      throw new Error('the console is not built: run `npm run build`, or leave `console` out of WRIT_ROLES');
    this.index = read(join(BUILT, 'index.html'), 'text/html; charset=utf-8');
    const folder = join(BUILT, 'assets');
    const names = readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined);
    this.assets = new Map(names.map((name) => [name, read(join(folder, name), TYPES[extname(name)] as string)]));
  }

  /** The asset of exactly this name; `null` when the build made none. */
  asset(name: string): BuiltFile | null {
    return this.assets.get(name) ?? null;
  }
}

function read(path: string, type: string): BuiltFile {
  const body = readFileSync(path);
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}
