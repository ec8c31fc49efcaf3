import type { ReactNode } from 'react';
import type { SaidArgument, SaidCall } from '../../api/types.js';
import { Line } from '../../ui/inert.js';
import { count } from '../../words/words.js';

const CALLS_SHOWN = 3;
const ARGUMENTS_SHOWN = 3;
const VALUE_LETTERS = 60;

/** The calls of a request where there is little room: what is left out is counted, and its actions are named. */
export function Brief({ calls }: { readonly calls: readonly SaidCall[] }): ReactNode {
  const rest = calls.slice(CALLS_SHOWN);
  const actions = [...new Set(rest.flatMap((call) => call.actions.map(({ action }) => action)))];
  return (
    <>
      {calls.slice(0, CALLS_SHOWN).map((call, index) => (
        <div className="brief" key={index}>
          <BriefCall call={call} />
        </div>
      ))}
      {rest.length === 0 ? null : (
        <div className="brief more">
          + {count(rest.length, 'more call')}:{' '}
          {actions.map((action, index) => (
            <span key={action}>
              {index === 0 ? '' : ', '}
              <Line text={action} mono />
            </span>
          ))}
        </div>
      )}
    </>
  );
}

/** The sentences first; without one the actions, and what limits them. */
function BriefCall({ call }: { readonly call: SaidCall }): ReactNode {
  const said = call.actions.filter(({ sentence }) => sentence !== null);
  const names = call.actions.map(({ action }, index) => (
    <span key={action}>
      {index === 0 ? '' : ', '}
      <Line text={action} mono />
    </span>
  ));
  const whole = said.length === call.actions.length;
  const given = whole ? unsaid(call) : call.arguments;
  return (
    <>
      {said.map(({ action, sentence }) => (
        <div className="verb" key={action}>
          <Line text={sentence ?? ''} />
        </div>
      ))}
      {whole ? null : <div className="verb">{names}</div>}
      <div className="limits">
        {whole ? <span className="quiet">{names}</span> : null}
        {call.identifier === null ? <Any what="identifier" /> : <Line text={call.identifier} mono />}
        {whole && given?.length === 0 ? null : <BriefArguments given={given} />}
      </div>
    </>
  );
}

/** The arguments whose values the sentences do not say; `null` where the request leaves them free. */
function unsaid({ actions, arguments: given }: SaidCall): readonly SaidArgument[] | null {
  const sentences = actions.map(({ sentence }) => sentence ?? '').join('\n');
  return given?.filter(({ shown, value }) => !isIn(sentences, shown ?? rawText(value))) ?? null;
}

function isIn(text: string, part: string): boolean {
  const at = text.indexOf(part);
  if (part === '' || at < 0) return false;
  const around = (text[at - 1] ?? '') + (text[at + part.length] ?? '');
  return !/[\p{L}\p{N}]/u.test(around);
}

function rawText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function BriefArguments({ given }: { readonly given: readonly SaidArgument[] | null }): ReactNode {
  if (given === null) return <Any what="arguments" />;
  if (given.length === 0) return <span>no arguments</span>;
  const rest = given.length - ARGUMENTS_SHOWN;
  return (
    <>
      {given.slice(0, ARGUMENTS_SHOWN).map(({ name, title, value, shown }) => {
        const raw = rawText(value);
        return (
          <span key={name} title={name}>
            <Line text={title ?? name} /> <strong>{shown === null ? shortened(raw) : <Line text={shown} />}</strong>
            {shown === null ? null : <> ({shortened(raw)})</>}
          </span>
        );
      })}
      {rest > 0 ? <span className="more">+ {count(rest, 'more argument')}</span> : null}
    </>
  );
}

/** A long value with its middle left out, which is seen. */
function shortened(value: string): ReactNode {
  const letters = [...value];
  const half = VALUE_LETTERS / 2;
  const short = `${letters.slice(0, half).join('')}…${letters.slice(-half).join('')}`;
  return <Line text={letters.length > VALUE_LETTERS ? short : value} mono />;
}

function Any({ what }: { readonly what: string }): ReactNode {
  return <span className="free">ANY {what}</span>;
}
