import {
  browserSupportsWebAuthn,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
} from '@simplewebauthn/browser';
import { useState, type ReactNode } from 'react';
import type { PasskeyAnswer, PasskeysAnswer } from '#contracts/people/passkeys.dto.js';
import { post, remove } from '../api/client.js';
import { passkeyProblem } from '../api/decide.js';
import { useResource } from '../api/resource.js';
import { usePerson, useSession } from '../session.js';
import { useAction } from '../ui/action.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { Failed, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';

/** The passkeys that may sign this person's approvals. */
export function Passkeys(): ReactNode {
  const passkeys = useResource<PasskeysAnswer>('/v1/passkeys');
  const { refresh } = useSession();
  const [name, setName] = useState('');
  const action = useAction();
  const changed = (): void => {
    passkeys.reload();
    void refresh();
  };
  const add = (): void => void action.run(() => enrol(name.trim())).then((went) => went && (setName(''), changed()));
  const drop = (id: string): void =>
    void action.run(() => remove(`/v1/passkeys/${encodeURIComponent(id)}`)).then((went) => went && changed());
  return (
    <section className="panel" aria-labelledby="passkeys">
      <h2 id="passkeys">Passkeys</h2>
      <HowToAdd />
      <Shown of={passkeys} what="passkeys">
        {({ items }) =>
          items.length === 0 ? (
            <p className="note">You have none yet.</p>
          ) : (
            <PasskeyTable items={items} drop={drop} busy={action.busy} />
          )
        }
      </Shown>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') add();
        }}
      >
        <TextField
          name="Name of a new passkey"
          hint="For you to tell them apart."
          value={name}
          change={setName}
          most={80}
          needed
        />
        {action.problem === null ? null : <Failed problem={action.problem} />}
        <p className="after">
          <button type="submit" className="button" disabled={action.busy || !browserSupportsWebAuthn()}>
            Add a passkey
          </button>
        </p>
        {browserSupportsWebAuthn() ? null : (
          <p className="quiet small-text">This browser or address cannot use passkeys.</p>
        )}
      </form>
    </section>
  );
}

/** Which sessions may add one; whoever has an account with the organisation signs in there anew. */
function HowToAdd(): ReactNode {
  const { oidc } = usePerson();
  return (
    <>
      <p className="quiet">
        Some policies want an approval signed by a passkey. Adding one needs a fresh sign-in through your organisation,
        or an enrolment link from an operator (<code>npx writ passkey-link &lt;person&gt;</code>).
      </p>
      {oidc ? (
        <p>
          <a href="/auth/login?return_to=%2Faccount&amp;fresh=1">Sign in again to add one</a>
        </p>
      ) : null}
    </>
  );
}

interface PasskeyTableProps {
  readonly items: readonly PasskeyAnswer[];
  readonly drop: (id: string) => void;
  readonly busy: boolean;
}

function PasskeyTable({ items, drop, busy }: PasskeyTableProps): ReactNode {
  return (
    <Table heads={['Name', 'Added', 'Last used']} act="Remove">
      {items.map((passkey) => (
        <tr key={passkey.id}>
          <td>
            <Line text={passkey.name} />
          </td>
          <td data-name="Added">
            <When at={passkey.created_at} />
          </td>
          <td data-name="Last used">
            <When at={passkey.last_used_at} />
          </td>
          <td className="end">
            <button type="button" className="button small danger" disabled={busy} onClick={() => drop(passkey.id)}>
              Remove<span className="unseen"> {passkey.name}</span>
            </button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

async function enrol(name: string): Promise<void> {
  const optionsJSON = await post<PublicKeyCredentialCreationOptionsJSON>('/v1/passkeys/options');
  const credential = await startRegistration({ optionsJSON }).catch((error: unknown) => {
    throw passkeyProblem(error);
  });
  await post('/v1/passkeys', { name, credential });
}
