import { useId, type ReactNode } from 'react';

interface FieldProps {
  readonly name: string;
  readonly hint?: string | undefined;
  readonly children: (id: string, describedBy: string | undefined) => ReactNode;
}

/** A label, what it labels, and a hint that a screen reader ties to it. */
export function Field({ name, hint, children }: FieldProps): ReactNode {
  const id = useId();
  const hinted = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {name}
      </label>
      {children(id, hinted)}
      {hint === undefined ? null : (
        <span className="hint" id={hinted}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface TextProps {
  readonly name: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly hint?: string;
  readonly most: number;
  readonly needed?: boolean;
  readonly lines?: boolean;
  readonly first?: boolean;
}

/** A text with its limit; nothing is cut silently, the browser stops at the limit. */
export function TextField(props: TextProps): ReactNode {
  const { name, value, change, hint, most, needed = false, lines = false, first = false } = props;
  return (
    <Field name={name} hint={hint}>
      {(id, describedBy) => {
        const shared = {
          id,
          value,
          maxLength: most,
          required: needed,
          'aria-describedby': describedBy,
          'data-first': first ? '' : undefined,
        };
        return lines ? (
          <textarea {...shared} onChange={(event) => change(event.target.value)} />
        ) : (
          <input type="text" autoComplete="off" {...shared} onChange={(event) => change(event.target.value)} />
        );
      }}
    </Field>
  );
}
