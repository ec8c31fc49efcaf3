import { createServer } from 'node:net';
import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import { applyConfig } from '../world/apply.js';
import { startSlack, type Broker } from './broker.js';
import { startFront } from './front.js';
import type { Front } from './fronting.js';
import { SlackDriver } from '../actors/person.js';
import { withoutPace } from '../world/pace.js';
import { spawnBroker, type BrokerProcess } from './process.js';
import type { Site } from '../load/traffic.js';
import { makeWorld, type Config, type World } from '../world/world.js';

/** Reads are allowed, refunds need one of the people on call, and nothing else is in the way. */
export const FLEET_POLICIES = `
@id("reads") @outcome("allow") @max_ttl("600")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
@id("refunds") @outcome("require_approval") @approvers("oncall") @max_uses("5") @max_ttl("600")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
`;

/** One of the processes and what it is restarted with. */
export interface Member {
  readonly name: string;
  readonly roles: string;
  readonly port: number;
  process: BrokerProcess;
}

export interface FleetOptions {
  readonly change?: (config: Config) => void;
  readonly policies?: string;
  readonly redisUrl?: string | undefined;
  readonly extra?: Readonly<Record<string, string>>;
  /** Another program than the broker's own. */
  readonly program?: string | undefined;
}

/** Two processes that serve, behind the proxy of the shipped composition, and two that work: each can be restarted. */
export class Fleet {
  /** Everything that processes wrote which have ended. */
  private readonly past: (readonly string[])[] = [];

  private constructor(
    readonly site: Site,
    readonly front: Front,
    readonly members: readonly Member[],
    readonly localSlack: LocalSlack,
    private readonly options: FleetOptions,
  ) {}

  static async open(options: FleetOptions = {}): Promise<Fleet> {
    const world = await makeWorld(configured(options), options.policies ?? FLEET_POLICIES);
    await withoutPace(world);
    const slack = await startSlack();
    const ports = [await quietPort(), await quietPort(), await quietPort(), await quietPort()];
    const front = await startFront(ports.slice(0, 2));
    slack.setRequestUrl(`${front.url}/slack/events`);
    const site: Site = { world, issuer: front.url, slack: new SlackDriver({ slack }) };
    const members: Member[] = [];
    const fleet = new Fleet(site, front, members, slack, options);
    try {
      for (const [index, port] of ports.entries()) {
        const plan = { name: `${index < 2 ? 'api' : 'worker'}-${(index % 2) + 1}`, port };
        const roles = index < 2 ? 'api,slack,console' : 'worker';
        const process = await start(world, slack, { ...plan, roles }, front.url, options);
        members.push({ ...plan, roles, process });
      }
      await front.all();
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Ends a process as an operator would and starts another in its place, until the proxy sees it. @returns its exit code */
  async restart(member: Member): Promise<number | null> {
    const code = await member.process.stop();
    this.past.push(member.process.logged);
    member.process = await this.start(member);
    await this.front.all();
    return code;
  }

  /** As whatever supervises processes does: on a machine too busy to connect to the database in time, once more. */
  private async start(member: Member, tries = 3): Promise<BrokerProcess> {
    try {
      return await start(this.site.world, this.localSlack, member, this.front.url, this.options);
    } catch (error) {
      if (tries <= 1 || !/timeout|timed out/.test(String(error))) throw error;
      return this.start(member, tries - 1);
    }
  }

  /** Applies the same configuration with other policies, as `npx writ apply` does. */
  async apply(policies: string): Promise<void> {
    await applyConfig(this.site.world, configured(this.options), policies);
  }

  /** The fleet as the invariants want to see it: everything that was logged, and the one Slack. */
  get brokers(): readonly Broker[] {
    const logged = [...this.past, ...this.members.map((member) => member.process.logged)].flat();
    const shown = {
      issuer: this.front.url,
      base: this.front.url,
      slack: this.localSlack,
      listening: [],
      localSlackUrl: null,
    };
    return [{ ...shown, logged, close: () => this.close() }];
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.process.stop()));
    await this.front.close();
    await this.localSlack.close();
    await this.site.world.remove();
  }
}

/** Limits that no traffic reaches, and what else is wanted. */
function configured({ change }: FleetOptions): (config: Config) => void {
  return (config) => {
    Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });
    change?.(config);
  };
}

function start(
  world: World,
  slack: LocalSlack,
  { roles, port }: Pick<Member, 'roles' | 'port'>,
  issuer: string,
  { redisUrl, extra, program }: FleetOptions,
): Promise<BrokerProcess> {
  const given = { WRIT_ISSUER: issuer, WRIT_HOST: '127.0.0.1', ...extra };
  return spawnBroker(world, slack, { roles, port, redisUrl, program, extra: given });
}

/** A free port below those that systems give to outgoing connections: nobody takes it while a process is away. */
async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    return port;
  }
}
