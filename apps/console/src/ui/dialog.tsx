import { useEffect, useId, useRef, type ReactNode, type SyntheticEvent } from 'react';
import type { Problem } from '../api/client.js';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly close: () => void;
}

/** A modal window: the browser keeps the focus in it, Escape closes it, and the focus goes back where it came from. */
export function Dialog({ title, children, close }: DialogProps): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

interface FormDialogProps extends DialogProps {
  readonly submit: () => void;
  readonly verb: string;
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly danger?: boolean;
  /** The button that confirms has the focus first; otherwise a field marked `data-first`. */
  readonly confirmFirst?: boolean;
}

/** A window with one thing to confirm. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, children, close, submit, verb, busy, problem, danger = false, confirmFirst = false } = props;
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!busy) submit();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={send}>
        <div className="stack">{children}</div>
        {problem === null ? null : (
          <p className="note bad after" role="alert">
            {problem.message}
          </p>
        )}
        <div className="buttons">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            className={`button main ${danger ? 'danger' : ''}`}
            disabled={busy}
            data-first={confirmFirst ? '' : undefined}
          >
            {busy ? 'Working…' : verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
