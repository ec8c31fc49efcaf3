import { startTestBroker, type Broker } from './broker.js';
import { startFaultProxy, type FaultProxy } from '../faults/fault-proxy.js';
import type { Person } from '../actors/person.js';
import { setStage, type Stage } from '../world/stage.js';
import type { Config } from '../world/world.js';

/** A stage with a second broker that reaches the database through a proxy which spoils it. */
export interface FarStage {
  /** Its own broker is the honest neighbour: it serves and works undisturbed. */
  readonly stage: Stage;
  readonly proxy: FaultProxy;
  /** Serves, by way of the proxy, the API and Slack, and has no worker. */
  readonly far: Broker;
  readonly bob: Person;
  close(): Promise<void>;
}

/** Starts both brokers on one world and signs bob in. @param change edits the configuration first */
export async function setFarStage(change?: (config: Config) => void): Promise<FarStage> {
  const stage = await setStage(change);
  const proxy = await startFaultProxy(stage.world.database.url);
  const far = await startTestBroker(stage.world, {
    slack: stage.broker.slack,
    roles: 'api,slack',
    extra: { DATABASE_URL: proxy.url, WRIT_ISSUER: stage.broker.issuer },
  });
  return {
    stage,
    proxy,
    far,
    bob: await stage.person('bob'),
    close: async () => {
      await far.close();
      await proxy.close();
      await stage.close();
    },
  };
}
