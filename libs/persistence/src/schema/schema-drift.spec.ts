import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { schemaDrift } from './schema-drift.js';

const SCHEMA = `
datasource db {
  provider = "postgresql"
}
model Thing {
  id   String  @id
  name String?
  kind String  @default("plain")
  tags String[]
  @@index([kind])
  @@map("things")
}
`;

describe('schema drift', () => {
  let server: EmbeddedPostgres;
  let folder: string;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
    folder = mkdtempSync(join(tmpdir(), 'writ-drift-'));
    mkdirSync(join(folder, '20250101000000_first'));
    writeFileSync(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
    writeFileSync(join(folder, 'schema.prisma'), SCHEMA);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  function driftOf(migration: string): Promise<string[]> {
    writeFileSync(join(folder, '20250101000000_first', 'migration.sql'), migration);
    return schemaDrift({ serverUrl: server.url, migrationsDir: folder, schemaFile: join(folder, 'schema.prisma') });
  }

  it('finds none where the migrations make what the schema says, with what only SQL can say on top', async () => {
    const migration = `
      CREATE TABLE things (id text PRIMARY KEY, name text, kind text NOT NULL DEFAULT 'plain' CHECK (kind <> ''),
                           tags text[] NOT NULL);
      CREATE INDEX by_kind ON things (kind);
      CREATE UNIQUE INDEX one_name ON things (name) WHERE kind = 'plain';`;
    expect(await driftOf(migration)).toEqual([]);
  });

  it('names each column and index that differs, with both sides', async () => {
    const migration = `
      CREATE TABLE things (id text PRIMARY KEY, name text NOT NULL, kind text NOT NULL, size int, tags text[]);
      CREATE UNIQUE INDEX by_kind ON things (kind);`;
    expect(await driftOf(migration)).toEqual([
      'things (index btree (kind)): migrations unique; schema.prisma plain',
      'things.kind: migrations text not null; schema.prisma text not null with default',
      'things.name: migrations text not null; schema.prisma text null',
      'things.size: migrations integer null; schema.prisma absent',
    ]);
  });
});
