import type { ReactNode } from 'react';
import type { ToolCall } from '../../api/types.js';
import { Line } from '../../ui/inert.js';

/** Every call that the token would allow, whole: nothing is folded and nothing is cut. */
export function Calls({ details }: { readonly details: readonly ToolCall[] }): ReactNode {
  return (
    <>
      {details.map((element, index) => (
        <Call key={index} element={element} number={index + 1} of={details.length} />
      ))}
    </>
  );
}

interface CallProps {
  readonly element: ToolCall;
  readonly number: number;
  readonly of: number;
}

function Call({ element, number, of }: CallProps): ReactNode {
  return (
    <div className="call">
      <div className="actions">
        {of > 1 ? <span className="quiet">{number}.</span> : null}
        {element.actions.map((action) => (
          <Line key={action} text={action} mono />
        ))}
      </div>
      <Touches element={element} number={number} />
    </div>
  );
}

/** What one call may touch and with which arguments: the same wherever somebody decides by it. */
export function Touches({ element, number }: { readonly element: ToolCall; readonly number: number }): ReactNode {
  const names = Object.entries(element.arguments ?? {});
  return (
    <table aria-label={`Call ${number}: what it may touch and with which arguments`}>
      <tbody>
        <Row name="identifier" own>
          {element.identifier === undefined ? <Free /> : <Line text={element.identifier} mono />}
        </Row>
        {element.arguments === undefined ? (
          <Row name="arguments" own>
            <Free />
          </Row>
        ) : names.length === 0 ? (
          <Row name="arguments" own>
            <span className="quiet">none</span>
          </Row>
        ) : (
          names.map(([name, value]) => (
            <Row key={name} name={name}>
              <Line text={typeof value === 'string' ? value : JSON.stringify(value, null, 1)} mono />
            </Row>
          ))
        )}
      </tbody>
    </table>
  );
}

function Row({ name, own = false, children }: { name: string; own?: boolean; children: ReactNode }): ReactNode {
  return (
    <tr>
      <th scope="row">{own ? name : <Line text={name} mono />}</th>
      <td>{children}</td>
    </tr>
  );
}

/** What the request leaves open is said, loudly: an approval covers all of it. */
function Free(): ReactNode {
  return <span className="free">ANY (not limited by this request)</span>;
}
