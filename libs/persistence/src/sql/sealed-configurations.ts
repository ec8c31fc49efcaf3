import type pg from 'pg';
import type { Voter } from '#domain/approval/eligibility.js';
import type { AppliedConfiguration } from '#escalations/judge/configuration-store.js';
import type { Seals } from '#escalations/ports.js';
import { voterIn, votersIn } from '#escalations/configure/roster.js';
import { appliedContent, configurationContent } from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import { databaseNow } from './agents.js';
import { at } from './columns.js';

/** Which row and with which seal: a row that is written over is another one. */
const NAME = `c."seq"::text || '/' || coalesce(c."mac", '')`;

/** SQL of the name of the newest configuration that is not passed over. @param passedOver a parameter, for `passedOver` */
export const CONFIGURATION_HEAD = (passedOver: string): string =>
  `(select ${NAME} from "config_versions" c where ${NAME} <> all(${passedOver}::text[]) order by c."seq" desc limit 1)`;

/** Over `c`: all that its seal covers, and the seal. */
export const CONFIGURATION_ROW = `c."seq"::text as "seq", c."sha256", c."catalog", c."policies", c."policy_version" as "policyVersion",
  c."applied_by" as "appliedBy", coalesce(c."people", '{}') as "people", c."mac"`;

/** A row as it was read; whether it counts is another question. */
export interface StoredConfiguration extends AppliedConfiguration {
  readonly policyVersion: string;
  readonly appliedBy: string;
  readonly mac: string | null;
}

/**
 * Writes a configuration under a seal that names its place, so that no earlier one can be put last.
 * @returns its number
 */
export async function insertSealed(
  client: pg.PoolClient,
  seals: Seals,
  configuration: Omit<StoredConfiguration, 'seq' | 'mac'>,
): Promise<string> {
  const { catalog, policies, people, sha256, policyVersion, appliedBy } = configuration;
  const { rows } = await client.query<{ seq: string }>(
    `select nextval(pg_get_serial_sequence('config_versions', 'seq'))::text as "seq"`,
  );
  const seq = rows[0]?.seq ?? '';
  const json = [catalog, policies, people].map((part) => JSON.stringify(part));
  // Sealed as it will be read: what JSON leaves out is not in the row.
  const content = JSON.parse(JSON.stringify({ ...configuration, seq })) as Omit<StoredConfiguration, 'mac'>;
  const appliedAt = Math.floor(await databaseNow(client));
  const macs = [configurationContent(content), appliedContent(content, appliedAt)].map((sealed) =>
    seals.mac('configuration', sealed),
  );
  await client.query(
    `insert into "config_versions" ("seq", "catalog", "policies", "people", "sha256", "policy_version", "applied_by", "applied_at", "mac", "applied_mac")
     values ($1, $2, $3, $4, $5, $6, $7, ${at(8)}, $9, $10)`,
    [seq, ...json, sha256, policyVersion, appliedBy, appliedAt, ...macs],
  );
  return seq;
}

/** Rows looked at together on the way down to one whose seal is right. */
const BATCH = 20;

/**
 * The configuration in force: the newest whose seal is right. People, roles and groups are read from
 * it alone. A row is judged once; which row is the newest is asked at each use, inside the caller's transaction.
 */
export class SealedConfigurations {
  private inForce: { readonly name: string; readonly applied: AppliedConfiguration } | null = null;
  /** Rows that count for nothing, by name: one of them in the last place must not hide what is applied after it. */
  private readonly unsound = new Set<string>();

  constructor(readonly seals: Seals) {}

  /** Names of rows that were judged and count for nothing. */
  get passedOver(): readonly string[] {
    return [...this.unsound];
  }

  /** `null` when none was ever applied. */
  async newest(db: Queryable): Promise<AppliedConfiguration | null> {
    const { rows } = await db.query<{ name: string | null }>({
      name: 'config-head',
      text: `select ${CONFIGURATION_HEAD('$1')} as "name"`,
      values: [this.passedOver],
    });
    const name = rows[0]?.name ?? null;
    if (name === null) return null;
    if (this.inForce?.name !== name) this.inForce = await this.newestSound(db);
    return this.inForce?.applied ?? null;
  }

  /** The number of the configuration that a row of this name is, where it is known to be in force; else it has to be asked. */
  seqOf(name: string): string | null {
    return this.inForce?.name === name ? this.inForce.applied.seq : null;
  }

  /** True when anything was ever applied, whether or not it counts. */
  async any(db: Queryable): Promise<boolean> {
    return (await db.query('select 1 from "config_versions" limit 1')).rowCount !== 0;
  }

  /** The person as the configuration in force knows them; `null` for whom it does not name. */
  async voter(db: Queryable, person: string): Promise<Voter | null> {
    const inForce = await this.newest(db);
    return inForce === null ? null : voterIn(inForce, person);
  }

  /** Everyone of these groups, with roles and groups as they are now. */
  async votersOfGroups(db: Queryable, groups: readonly string[]): Promise<Voter[]> {
    const inForce = await this.newest(db);
    return inForce === null ? [] : votersIn(inForce, groups);
  }

  /**
   * Configurations that may have been in force at an instant: the last with these policies, then the two last applied
   * before it. Of rows whose seal is right.
   * @param at epoch milliseconds
   */
  async inForceAt(db: Queryable, policyVersion: string, at: number): Promise<readonly AppliedConfiguration[]> {
    const { rows } = await db.query<StoredConfiguration & { named: boolean }>({
      name: 'config-in-force',
      text: `(select ${CONFIGURATION_ROW}, true as "named" from "config_versions" c where c."policy_version" = $1 order by c."seq" desc limit ${BATCH})
             union all
             (select ${CONFIGURATION_ROW}, false from "config_versions" c where c."applied_at" <= to_timestamp($2 / 1000.0) order by c."seq" desc limit ${BATCH})`,
      values: [policyVersion, at],
    });
    // Rows from before there were seals have none, which is no news.
    const sound = rows.filter(({ mac, named: _named, ...applied }) =>
      this.seals.matches('configuration', configurationContent(applied), mac),
    );
    return [...sound.filter(({ named }) => named).slice(0, 1), ...sound.filter(({ named }) => !named).slice(0, 2)];
  }

  private async newestSound(db: Queryable): Promise<SealedConfigurations['inForce']> {
    for (let below: string | null = null; ;) {
      const { rows }: { rows: StoredConfiguration[] } = await db.query<StoredConfiguration>({
        name: 'config-rows',
        text: `select ${CONFIGURATION_ROW} from "config_versions" c where $1::bigint is null or c."seq" < $1::bigint order by c."seq" desc limit ${BATCH}`,
        values: [below],
      });
      for (const { mac, ...applied } of rows) {
        const name = `${applied.seq}/${mac ?? ''}`;
        if (this.seals.sound('configuration', applied.seq, configurationContent(applied), mac))
          return { name, applied };
        this.unsound.add(name);
      }
      if (rows.length < BATCH) return null;
      below = rows.at(-1)?.seq ?? null;
    }
  }
}
