// A long file that begins last keeps one core busy while the other has nothing to do. Jest goes by the durations of the last
// run, and in a fresh clone by the size of a file, which says little: what waits or starts programs is named here.
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** Ten seconds and more, the longest first, by file name: folders may change. */
const LONGEST = [
  'tokens.race',
  'agents',
  'decisions.race',
  'slack-outage.flow',
  'store-faults.flow',
  'slack-refused.flow',
  'keys.flow',
  'slack-pace.flow',
  'gone.browser',
  'live.browser',
  'readme',
  'inbox.browser',
  'shipped',
  'embedded-postgres',
  'start-faults.flow',
  'routes.fuzz',
  'bench',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.indexOf(/([^/\\]+)\.spec\.ts$/.exec(path)?.[1]);
      return at < 0 ? LONGEST.length : at;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
