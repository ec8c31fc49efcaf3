import type { ReactNode } from 'react';
import type { SaidArgument, SaidCall } from '../../api/types.js';
import { Line } from '../../ui/inert.js';

/** Every call that the token would allow, whole: nothing is folded and nothing is cut. */
export function Calls({ calls }: { readonly calls: readonly SaidCall[] }): ReactNode {
  return (
    <>
      {calls.map((call, index) => (
        <div className="call" key={index}>
          <div className="actions">
            {calls.length > 1 ? <span className="quiet">{index + 1}.</span> : null}
            <div>
              {call.actions.map((said) => (
                <ActionWords key={said.action} said={said} />
              ))}
            </div>
          </div>
          <Touches call={call} number={index + 1} />
        </div>
      ))}
    </>
  );
}

/** An action: the operator's sentence about it where there is one, and its name. */
export function ActionWords({ said }: { readonly said: SaidCall['actions'][number] }): ReactNode {
  if (said.sentence === null) return <Line text={said.action} mono />;
  return (
    <span className="said">
      <Line text={said.sentence} />
      <span className="beneath">
        <Line text={said.action} mono />
      </span>
    </span>
  );
}

/** What one call may touch and with which arguments: the same wherever somebody decides by it. */
export function Touches({ call, number }: { readonly call: SaidCall; readonly number: number }): ReactNode {
  return (
    <table aria-label={`Call ${number}: what it may touch and with which arguments`}>
      <tbody>
        <Row name="Identifier">{call.identifier === null ? <Free /> : <Line text={call.identifier} mono />}</Row>
        {call.arguments === null ? (
          <Row name="Arguments">
            <Free />
          </Row>
        ) : call.arguments.length === 0 ? (
          <Row name="Arguments">
            <span className="quiet">none</span>
          </Row>
        ) : (
          call.arguments.map((argument) => <Argument key={argument.name} argument={argument} />)
        )}
      </tbody>
    </table>
  );
}

function Row({ name, children }: { name: ReactNode; children: ReactNode }): ReactNode {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  );
}

/** By its title and format where it has them; its own name and the raw value are always there. */
function Argument({ argument }: { readonly argument: SaidArgument }): ReactNode {
  const { name, title, value, shown, read_by_policy } = argument;
  const raw = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  return (
    <Row
      name={
        <>
          <span title={name}>{title === null ? <Line text={name} mono /> : <Line text={title} />}</span>
          {title === null && !read_by_policy ? null : (
            <span className="beneath">
              {title === null ? null : <Line text={name} mono />}
              {title !== null && read_by_policy ? ' · ' : ''}
              {read_by_policy ? 'policy reads it' : ''}
            </span>
          )}
        </>
      }
    >
      {shown === null ? (
        <Line text={raw} mono />
      ) : (
        <>
          <strong>
            <Line text={shown} />
          </strong>{' '}
          <span className="quiet">
            (<Line text={raw} mono />)
          </span>
        </>
      )}
    </Row>
  );
}

/** What the request leaves open is said, loudly: an approval covers all of it. */
function Free(): ReactNode {
  return <span className="free">ANY (not limited by this request)</span>;
}
