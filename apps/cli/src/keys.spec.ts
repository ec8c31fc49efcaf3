import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import { loadOrCreateMasterKey } from '#platform/config/environment/master-key.js';
import { KeyRing } from '#tokens/key-ring.js';
import { install, type Installation } from './testing/installation.js';
import { writ, type Session } from './testing/terminal.js';

describe('keys', () => {
  let place: Installation;
  let pool: DatabasePool;

  beforeAll(async () => {
    place = await install();
    pool = await place.makeTables();
  }, 60_000);
  afterAll(() => place?.close());

  const run = (...argv: string[]): Promise<Session> => place.run(...argv);
  const kids = async (): Promise<string[]> =>
    JSON.parse((await run('keys', 'list', '--json')).out).items.map((key: { kid: string }) => key.kid);

  it('are made by the first broker, not by a command', async () => {
    expect(await run('keys', 'rotate')).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('no signing keys'),
    });
    const store = new PostgresSigningKeyStore(pool);
    await KeyRing.open(store, loadOrCreateMasterKey(place.dataDir), randomBytes, () => new Date());
    expect((await run('keys', 'list')).out).toMatch(/^KEY .*\n\S{43} +ES256 +signing +yes/);
  });

  it('need the master key that is there: a command makes none, under which every seal would look broken', async () => {
    const key = join(place.dataDir, 'master.key');
    renameSync(key, `${key}.away`);
    expect(await run('keys', 'list')).toMatchObject({ exit: 1, remarks: expect.stringContaining('no master key') });
    expect((await run('doctor')).out).toContain('PROBLEM  master key: there is none');
    expect(existsSync(key)).toBe(false);
    renameSync(`${key}.away`, key);
  });

  it('rotate once at a time: published now, signing after ten minutes unless told', async () => {
    const [old = ''] = await kids();
    const { out } = await run('keys', 'rotate');
    expect(out).toMatch(new RegExp(`^\\S{43} is published and signs from .*\\n${old} signs until then`));
    expect(await run('keys', 'rotate', '--now')).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('is coming already'),
    });
    expect((await run('keys', 'list')).out).toMatch(/signing +yes.*\n\S+ +ES256 +coming +yes/);
  });

  it('compromised lose everything at once, and the coming key signs in their place', async () => {
    const [old = '', coming = ''] = await kids();
    expect(await run('keys', 'compromise', old)).toMatchObject({ exit: 2 });
    expect((await run('keys', 'compromise', old, '--reason', 'leaked')).out).toBe(
      `${old} is compromised: its tokens count no more\n${coming} signs from now on`,
    );
    expect((await run('keys', 'compromise', old, '--reason', 'again')).out).toContain('already');
    expect((await run('keys', 'list')).out).toMatch(/compromised +no.*\n\S+ +ES256 +signing +yes/);
    const { rows } = await pool.query(`select "data" from "events" where "type" = 'key.rotated' order by "seq"`);
    expect(rows.map(({ data }) => `${data.change} ${data.kid === old ? 'old' : 'new'}`)).toEqual([
      'rotated new',
      'retired old',
      'compromised old',
      'rotated new',
    ]);
    expect(await run('keys', 'compromise', 'nobody', '--reason', 'x')).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('no signing key "nobody"'),
    });
  });

  it('are not made under a master key that is not theirs', async () => {
    const other = { DATABASE_URL: place.databaseUrl, WRIT_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') };
    const { exit, remarks } = await writ(['keys', 'rotate', '--now'], { ...place.env, ...other });
    expect({ exit, remarks }).toEqual({ exit: 1, remarks: expect.stringContaining('does not open') });
  });

  it.each([
    ['UPDATE', `update "signing_keys" set "compromised_at" = null where "compromised_at" is not null`],
    ['DELETE', `delete from "signing_keys"`],
  ])('refuse an %s that would undo it', async (_verb, statement) => {
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '23514' });
  });
});
