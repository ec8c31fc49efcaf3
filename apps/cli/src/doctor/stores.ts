import type { RoleCheckup } from '#persistence/schema/role-checkup.js';
import { fine, named, odd, verdict, wrong, type Asked, type Finding } from './finding.js';

/** `embedded`: the broker's own database, which has one role; `trial`: one of yours under an issuer on loopback. */
export type Place = 'embedded' | 'trial' | 'production';

/** The role that serves, and how far its tables are. */
export function checkDatabase(asked: Asked<RoleCheckup>, place: Place): Finding[] {
  if ('fault' in asked) return [wrong('database', asked.fault)];
  const { role, superuser, owned, missing, pending } = asked.known;
  const found = [
    verdict(
      'migrations',
      pending.length === 0
        ? null
        : `${pending.length} pending (${named(pending, 3)}): run \`writ migrate\` with WRIT_MIGRATE_DATABASE_URL, or start a broker of this version`,
    ),
    verdict(
      `rights of the serving role ${role}`,
      missing.length === 0
        ? null
        : `it has not ${named(missing)}: run \`writ migrate\` with both database variables, which gives it what it needs`,
    ),
  ];
  if (place === 'embedded') return found;
  const severe = place === 'production' ? wrong : odd;
  if (superuser)
    found.push(
      severe(
        'database roles',
        `${role}, which serves, is a superuser: no trigger holds it. Let a role of its own serve (docs/operations.md, Two database roles)`,
      ),
    );
  else if (owned > 0)
    found.push(
      odd(
        'database roles',
        `${role} serves and owns ${owned} tables: triggers alone stand in the way of a rewrite. Let another role own them (docs/operations.md, Two database roles)`,
      ),
    );
  else found.push(fine('database roles'));
  return found;
}

export interface KeyFacts {
  /** Algorithms that the resources in force ask for, ES256 always among them. */
  readonly wanted: readonly string[];
  /** What is stored and neither retired nor compromised; `opens`: with this master key. */
  readonly keys: readonly { readonly kid: string; readonly alg: string; readonly opens: boolean }[];
  /** A configuration was applied, and none bears a seal of this master key. */
  readonly sealsDiffer: boolean;
}

/** Whether the master key is that of this database, and whether there is something to sign with. */
export function checkKeys(asked: Asked<KeyFacts>): Finding[] {
  if ('fault' in asked) return [wrong('signing keys', asked.fault)];
  const { wanted, keys, sealsDiffer } = asked.known;
  const opened = keys.filter(({ opens }) => opens);
  const master = 'master key';
  if (sealsDiffer || (keys.length > 0 && opened.length === 0))
    return [
      wrong(
        master,
        'WRIT_MASTER_KEY is not that of this database: it opens none of its signing keys or no seal of its configuration; set the one that the database was begun with',
      ),
    ];
  const without = wanted.filter((alg) => !opened.some((key) => key.alg === alg));
  const closed = keys.filter(({ opens }) => !opens).map(({ kid }) => kid);
  return [
    closed.length === 0
      ? fine(master)
      : wrong(
          master,
          `it does not open ${named(closed, 2)}: somebody wrote these rows (docs/operations.md, A broken seal)`,
        ),
    verdict(
      'signing keys',
      without.length === 0 ? null : `none for ${without.join(', ')}: a broker makes it when it runs; start one`,
    ),
  ];
}

/** Where jobs are kept, and whether this process may keep them there. */
export function checkQueue(kind: 'redis' | 'postgres', fault: string | null): Finding[] {
  return [verdict(kind === 'redis' ? 'queue in Redis' : 'queue in PostgreSQL', fault)];
}
