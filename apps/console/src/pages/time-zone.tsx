import { useState, type ReactNode } from 'react';
import { Field } from '../ui/fields.js';
import { When } from '../ui/moments.js';
import { BROWSER_ZONE, chooseZone, chosenZone, knownZones } from '../ui/zone.js';

const OF_BROWSER = 'browser';

/** In which zone this browser shows times. */
export function TimeZone(): ReactNode {
  const [zone, setZone] = useState(chosenZone());
  const [now] = useState(() => new Date().toISOString());
  const choose = (value: string): void => {
    const next = value === OF_BROWSER ? null : value;
    chooseZone(next);
    setZone(next);
  };
  return (
    <section className="panel" aria-labelledby="zone">
      <h2 id="zone">Times</h2>
      <Field name="Time zone" hint="Kept in this browser. Hover over any time to read it in UTC.">
        {(id, hint) => (
          <select
            id={id}
            aria-describedby={hint}
            value={zone ?? OF_BROWSER}
            onChange={(event) => choose(event.target.value)}
          >
            <option value={OF_BROWSER}>{`As this browser: ${BROWSER_ZONE}`}</option>
            <option>UTC</option>
            {knownZones().map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <p className="quiet small-text after">
        You opened this page <When at={now} exact />. A time of another day has its date and its zone.
      </p>
    </section>
  );
}
