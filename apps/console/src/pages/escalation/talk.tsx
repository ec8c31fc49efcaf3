import { useState, type ReactNode } from 'react';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import { post } from '../../api/client.js';
import type { CommentAnswer, ContextVoteAnswer } from '#contracts/watch/context.dto.js';
import type { Context, Escalation, Limits } from '../../api/types.js';
import { useAction } from '../../ui/action.js';
import { TextField } from '../../ui/fields.js';
import { When } from '../../ui/moments.js';
import { Failed } from '../../ui/states.js';
import { actionWords, count, nameAndId } from '../../words/words.js';
import { Gates } from './gates.js';
import { visibleText } from '#domain/inert-text.js';

interface TalkProps {
  readonly ask: Escalation;
  readonly context: Context | null;
}

type CastVote = Omit<ContextVoteAnswer, 'stepped_up' | 'shown' | 'shown_missing'> & { readonly stepped_up?: boolean };

/** Who voted and what they wrote; a later cut is here for those who voted before. */
export function Votes({ ask, context }: TalkProps): ReactNode {
  const votes: readonly CastVote[] = context?.votes ?? ask.votes;
  return (
    <section className="panel" aria-labelledby="votes">
      <h2 id="votes">Votes</h2>
      <Gates ask={ask} />
      {votes.length > 0 ? null : (
        <p className="quiet small-text">
          {ask.policy.outcome === 'require_approval' ? 'Nobody has voted.' : 'Nobody was asked: policy decided.'}
        </p>
      )}
      {votes.map((vote) => (
        <div className="voice" key={`${vote.person} ${vote.at}`}>
          <strong>{nameAndId(vote.name, vote.person)}</strong> {vote.verdict === 'approve' ? 'approved' : 'denied'}{' '}
          <span className="quiet small-text">
            <When at={vote.at} /> · {vote.via === 'slack' ? 'in Slack' : 'here or over REST'}
            {vote.stepped_up === true ? ' · signed by passkey' : ''}
          </span>
          {vote.limits === null ? null : <p className="small-text">for less: {limitWords(vote.limits)}</p>}
          {vote.reason === null ? null : <p>{visibleText(vote.reason)}</p>}
        </div>
      ))}
    </section>
  );
}

function limitWords({ ttl, max_uses, authorization_details }: Limits): string {
  const words: string[] = [];
  if (ttl !== undefined) words.push(durationWords(ttl));
  if (max_uses !== undefined) words.push(usesWords(max_uses));
  if (authorization_details !== undefined)
    words.push(`only ${actionWords(authorization_details, 10)} in ${count(authorization_details.length, 'call')}`);
  return words.join(' · ');
}

interface CommentsProps extends TalkProps {
  readonly reload: () => void;
}

/** The talk about this request; what is written here appears in its Slack thread, and the other way round. */
export function Comments({ ask, context, reload }: CommentsProps): ReactNode {
  const [text, setText] = useState('');
  const action = useAction();
  const send = (): void =>
    void action
      .run(() => post(`/v1/escalations/${encodeURIComponent(ask.id)}/comments`, { text: text.trim() }))
      .then((went) => {
        if (!went) return;
        setText('');
        reload();
      });
  return (
    <section className="panel" aria-labelledby="comments">
      <h2 id="comments">Comments</h2>
      {(context?.comments ?? []).map((comment) => (
        <Said key={comment.id} comment={comment} />
      ))}
      <form
        className="comment-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') send();
        }}
      >
        <TextField
          name="Comment or question"
          hint="People see it here and in the Slack thread. The agent does not."
          value={text}
          change={setText}
          most={1_000}
          lines
        />
        {action.problem === null ? null : <Failed problem={action.problem} />}
        <p className="after">
          <button type="submit" className="button" disabled={action.busy || text.trim() === ''}>
            Send
          </button>
        </p>
      </form>
    </section>
  );
}

function Said({ comment }: { readonly comment: CommentAnswer }): ReactNode {
  return (
    <div className="voice">
      <strong>{nameAndId(comment.name, comment.author)}</strong>{' '}
      <span className="quiet small-text">
        <When at={comment.at} /> · {comment.via === 'slack' ? 'in Slack' : 'here'}
      </span>
      <p dir="auto">{visibleText(comment.text)}</p>
    </div>
  );
}
