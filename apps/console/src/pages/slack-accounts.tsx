import { useState, type ReactNode } from 'react';
import type { SlackLinkAnswer, SlackLinksAnswer } from '#contracts/people/slack-links.dto.js';
import { post, remove } from '../api/client.js';
import { useResource, type Loaded } from '../api/resource.js';
import { useAction } from '../ui/action.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { Failed, Shown } from '../ui/states.js';

/** The Slack accounts whose clicks are this person's. */
export function SlackAccounts(): ReactNode {
  const links = useResource<SlackLinksAnswer>('/v1/slack-links');
  const [code, setCode] = useState('');
  const [told, setTold] = useState('');
  const action = useAction();
  const link = (): void =>
    void action
      .run(() => post('/v1/slack-links', { code: code.trim() }))
      .then((went) => {
        if (!went) return;
        setTold('Linked. Clicks of that account now count as yours.');
        setCode('');
        links.reload();
      });
  const end = (id: string): void =>
    void action
      .run(() => remove(`/v1/slack-links/${encodeURIComponent(id)}`))
      .then((went) => {
        if (!went) return;
        setTold('The link is ended.');
        links.reload();
      });
  return (
    <section className="panel" aria-labelledby="slack">
      <h2 id="slack">Slack</h2>
      <p className="quiet">
        Type <code>/writ link</code> in Slack: the bot answers you alone with a code. Entered here, it binds that Slack
        account to you, so that its clicks are your votes.
      </p>
      <Accounts links={links} end={end} busy={action.busy} />
      <form
        className="after"
        onSubmit={(event) => {
          event.preventDefault();
          if (code.trim() !== '') link();
        }}
      >
        <TextField name="Code from the bot" value={code} change={setCode} most={64} needed />
        {action.problem === null ? null : <Failed problem={action.problem} />}
        <p role="status">{told}</p>
        <p className="after">
          <button type="submit" className="button" disabled={action.busy}>
            Link Slack
          </button>
        </p>
      </form>
    </section>
  );
}

interface AccountsProps {
  readonly links: Loaded<SlackLinksAnswer>;
  readonly end: (id: string) => void;
  readonly busy: boolean;
}

function Accounts({ links, end, busy }: AccountsProps): ReactNode {
  return (
    <Shown of={links} what="accounts">
      {({ items }) =>
        items.length === 0 ? (
          <p className="note after">No Slack account is yours yet.</p>
        ) : (
          <ul className="after">
            {items.map((account) => (
              <Account key={`${account.team} ${account.user}`} account={account} end={end} busy={busy} />
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

interface AccountProps {
  readonly account: SlackLinkAnswer;
  readonly end: (id: string) => void;
  readonly busy: boolean;
}

function Account({ account, end, busy }: AccountProps): ReactNode {
  const { id, team, user, bound_by, bound_at } = account;
  return (
    <li className="row between">
      <span>
        <Line text={user} mono /> in workspace <Line text={team} mono />{' '}
        <span className="quiet small-text">
          {bound_by === 'configuration' ? 'named in the configuration' : 'linked by you'}{' '}
          {bound_at === null ? null : <When at={bound_at} />}
        </span>
      </span>
      {id === null ? null : (
        <button type="button" className="button small" disabled={busy} onClick={() => end(id)}>
          Unlink<span className="unseen"> {user}</span>
        </button>
      )}
    </li>
  );
}
