import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { connectEmbedded } from './running-url.js';

describe('the address of a running embedded database', () => {
  let dataDir: string;
  let server: EmbeddedPostgres | null = null;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'writ-url-'));
  });
  afterEach(async () => {
    await server?.stop();
    server = null;
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is null for a folder that does not exist and for one that no broker ever took', async () => {
    expect(await connectEmbedded(join(dataDir, 'nowhere'))).toBeNull();
    expect(await connectEmbedded(dataDir)).toBeNull();
  });

  it('leads to the live server, and to nothing once its broker has gone', async () => {
    server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    const url = await connectEmbedded(dataDir);
    expect(url).toBe(server.url);
    const client = new pg.Client({ connectionString: url as string });
    await client.connect();
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'writ' }]);
    await client.end();
    await server.stop();
    expect(await connectEmbedded(dataDir)).toBeNull();
  }, 60_000);

  it('does not count a server whose broker is dead: the next broker adopts it', async () => {
    server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    writeFileSync(join(dataDir, 'broker.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: null, dataDir }));
    expect(await connectEmbedded(dataDir)).toBeNull();
  }, 60_000);
});
