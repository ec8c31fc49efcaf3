// `node tools/schema-check.mjs`: fails when prisma/schema.prisma and prisma/migrations say different tables.
import { join } from 'node:path';
import { ensureSetUp } from './setup.mjs';
import { ROOT } from './setup-stamps.mjs';

await ensureSetUp();
const { startEmbeddedPostgres } = await import('../dist/libs/persistence/src/embedded/embedded-postgres.js');
const { schemaDrift } = await import('../dist/libs/persistence/src/schema/schema-drift.js');

const server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
const drift = await schemaDrift({
  serverUrl: server.url,
  migrationsDir: join(ROOT, 'prisma/migrations'),
  schemaFile: join(ROOT, 'prisma/schema.prisma'),
}).finally(() => server.stop());

if (drift.length > 0) {
  process.stderr.write(
    `prisma/schema.prisma and prisma/migrations differ:\n${drift.map((line) => `  ${line}\n`).join('')}`,
  );
  process.exit(1);
}
process.stdout.write('prisma/schema.prisma says what prisma/migrations make.\n');
process.exit(0);
