// One PostgreSQL for the whole run; each test file clones its migrated template.
import { startServer } from '../../dist/test/harness/world/database.js';

export default async function globalSetup() {
  const server = await startServer(process.env.WRIT_TEST_DATABASE_URL);
  globalThis.__writServer = server;
  process.env.WRIT_TEST_SERVER_URL = server.url;
}
