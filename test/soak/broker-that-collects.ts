/**
 * The broker's program, which collects its garbage and tells how much memory it holds whenever its parent asks. The
 * product has nothing of it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('message', (word: unknown) => {
  if (word !== 'memory') return;
  collect();
  process.send?.({ memory: process.memoryUsage() });
});

await import('../../apps/broker/src/main.js');
