import { defineConfig } from 'prisma/config';

// Only `prisma migrate …` needs a database; `prisma generate` must work without one.
const url = process.env['DATABASE_URL'];

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url ? { datasource: { url } } : {}),
});
