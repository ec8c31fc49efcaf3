import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { loadMasterKey } from '#platform/config/environment/master-key.js';
import { CommandFailed } from './command.js';

/**
 * The broker's master key. A command never makes one: under another key every seal of this database would look broken.
 * @throws CommandFailed when there is none here
 */
export function masterKeyOf({ masterKey, dataDir }: Pick<WritEnvironment, 'masterKey' | 'dataDir'>): Buffer {
  const key = masterKey ?? loadMasterKey(dataDir);
  if (key === null)
    throw new CommandFailed(`there is no master key in ${dataDir}: set WRIT_MASTER_KEY as the broker has it`);
  return key;
}
