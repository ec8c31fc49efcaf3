import { createPool } from '#persistence/connection/pool.js';
import { PostgresSlackDeliveries } from '#persistence/slack/postgres-slack-deliveries.js';
import { describeCardStores } from '#slack/testing/card-stores.suite.js';
import { describeCardTurns } from '#slack/testing/card-turns.suite.js';
import { describeSlackDeliveries } from '#slack/testing/slack-deliveries.suite.js';
import { describeThreadStore } from '#slack/testing/thread-store.suite.js';
import { makeWorld } from '../../harness/world/world.js';
import { openCards, openThreads } from './postgres-cards.js';

describeCardStores('in PostgreSQL', openCards);
describeCardTurns('in PostgreSQL', openCards);
describeThreadStore('in PostgreSQL', openThreads);

describeSlackDeliveries('in PostgreSQL', async () => {
  const world = await makeWorld();
  const pool = createPool(world.database.url, { max: 4 });
  return {
    deliveries: new PostgresSlackDeliveries(pool),
    close: async () => {
      await pool.end();
      await world.remove();
    },
  };
});
