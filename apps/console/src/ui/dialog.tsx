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
  /** Why there is nothing left to confirm: it happened while the window was open. */
  readonly over?: string | null;
  /** What is wrong with what was filled in. */
  readonly fault?: string | null;
}

/** A window with one thing to confirm. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, children, close, submit, verb, busy, problem, danger = false, confirmFirst = false } = props;
  // While it works, what happens is most likely its own doing.
  const over = busy ? null : (props.over ?? null);
  const said = over ?? props.fault ?? null;
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!busy && over === null) submit();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={send}>
        <div className="stack">{children}</div>
        <div className="foot">
          {problem === null ? null : (
            <p className="note bad" role="alert">
              {problem.message}
            </p>
          )}
          {said === null ? null : (
            <p className="note warn" role="alert">
              {said}
            </p>
          )}
          <div className="buttons">
            <CloseButton close={close} last={over !== null} />
            {over !== null ? null : (
              <button
                type="submit"
                className={`button main ${danger ? 'danger' : ''}`}
                disabled={busy}
                data-first={confirmFirst ? '' : undefined}
              >
                {busy ? 'Working…' : verb}
              </button>
            )}
          </div>
        </div>
      </form>
    </Dialog>
  );
}

/** Takes the focus from the button that confirmed, when that is gone; never from a field that somebody types in. */
function CloseButton({ close, last }: { readonly close: () => void; readonly last: boolean }): ReactNode {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (last && document.activeElement === document.body) button.current?.focus();
  }, [last]);
  return (
    <button type="button" className="button" onClick={close} ref={button}>
      {last ? 'Close' : 'Cancel'}
    </button>
  );
}
