/** The page's own script: sends what is clicked to the driver and swaps the parts that changed. */
export const PAGE_SCRIPT = String.raw`
const params = new URLSearchParams(location.search);
const token = params.get('token');
const state = { as: params.get('as') ?? '', at: params.get('at') ?? '', thread: params.get('thread') ?? '' };
let version = document.body.dataset.version;
let polling = new AbortController();
const shown = {};

function remember() {
  const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
  history.replaceState(null, '', '?' + query);
  return query;
}

async function call(path, body) {
  const headers = { 'content-type': 'application/json', ...(token ? { 'x-dev-token': token } : {}) };
  try {
    const response = await fetch('/_dev/' + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return await response.json();
  } catch {
    return { ok: false, shown: 'The local Slack has ended.' };
  }
}

function toast(text) {
  const box = document.createElement('p');
  box.textContent = text;
  document.querySelector('.toasts').append(box);
  setTimeout(() => box.remove(), 7000);
}

function swap(parts) {
  for (const [name, markup] of Object.entries(parts)) {
    if (shown[name] === markup) continue;
    const part = document.querySelector('[data-part="' + name + '"]');
    const feed = part.querySelector('.feed');
    const atEnd = !feed || feed.scrollHeight - feed.scrollTop - feed.clientHeight < 40;
    const kept = feed?.scrollTop ?? 0;
    const asking = part.querySelector('dialog.confirm[open]');
    if (asking) continue;
    const typed = part.querySelector('[data-compose] input');
    const draft = typed && { value: typed.value, focused: typed === document.activeElement };
    part.innerHTML = markup;
    const box = part.querySelector('[data-compose] input');
    if (box && draft) {
      box.value = draft.value;
      if (draft.focused) box.focus();
    }
    const next = part.querySelector('.feed');
    if (next) next.scrollTop = atEnd && !next.classList.contains('home') ? next.scrollHeight : kept;
    shown[name] = markup;
  }
  const modal = document.querySelector('dialog.modal');
  if (!modal || modal.open) return;
  modal.showModal();
  (modal.querySelector('[autofocus]') ?? modal.querySelector('[data-input]'))?.focus();
}

async function refresh(wait) {
  polling.abort();
  polling = new AbortController();
  const { signal } = polling;
  let since = wait ? version : '';
  while (!signal.aborted) {
    try {
      const query = remember();
      query.set('version', since);
      const headers = token ? { 'x-dev-token': token } : {};
      const response = await fetch('/parts?' + query, { headers, signal });
      if (!response.ok) throw new Error('refused');
      const news = await response.json();
      if (signal.aborted) return;
      version = since = String(news.version);
      Object.assign(state, { as: news.as, at: news.at });
      swap(news.parts);
      document.body.classList.remove('lost');
    } catch (error) {
      if (signal.aborted) return;
      document.body.classList.add('lost');
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

function confirmed(control) {
  const dialog = control.closest('.control')?.querySelector('dialog.confirm');
  if (!dialog) return Promise.resolve(true);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }),
  );
}

async function act(control, value) {
  // A button that is a link opens at once, and its click is reported like any other.
  if (/^https?:/.test(control.dataset.url ?? '')) window.open(control.dataset.url, '_blank', 'noopener');
  if (control.getAttribute('aria-busy') === 'true' || !(await confirmed(control))) return refresh(false);
  control.setAttribute('aria-busy', 'true');
  const { ts, channel, view, block, action } = control.dataset;
  const where = view ? { view_id: view } : { ts, channel };
  const result = await call('click', { user: state.as, ...where, block_id: block, action_id: action, value });
  control.removeAttribute('aria-busy');
  if (!result.ok) toast(result.shown ?? result.error ?? 'That did not work.');
  return refresh(false);
}

function valueOf(input) {
  if (input.matches('select[multiple]')) return [...input.selectedOptions].map((option) => option.value);
  if (input.matches('input, textarea, select')) return input.value;
  const boxes = [...input.querySelectorAll('input')];
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  return boxes[0]?.type === 'radio' ? (chosen[0] ?? null) : chosen;
}

async function submit(form) {
  const values = {};
  for (const input of form.querySelectorAll('[data-input]'))
    (values[input.dataset.block] ??= {})[input.dataset.action] = valueOf(input);
  const button = form.querySelector('[type="submit"]');
  if (!button || button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  const result = await call('submit', { user: state.as, view_id: form.dataset.submit, values });
  button.removeAttribute('aria-busy');
  if (result.errors) document.querySelector('dialog.modal [aria-invalid]')?.focus();
  else if (!result.ok) toast(result.shown ?? result.error ?? 'That did not work.');
}

async function close(viewId) {
  const result = await call('close', { user: state.as, view_id: viewId });
  if (!result.ok) toast(result.shown ?? result.error ?? 'That did not work.');
}

async function compose(form) {
  const input = form.querySelector('input');
  const text = input.value.trim();
  if (!text) return;
  const { compose: channel, reply } = form.dataset;
  const slash = !reply && /^(\/\S+)\s*([\s\S]*)$/.exec(text);
  input.value = '';
  const result = slash
    ? await call('command', { user: state.as, channel, command: slash[1], text: slash[2] })
    : await call('say', { user: state.as, channel, text, ...(reply ? { thread_ts: reply } : {}) });
  if (!result.ok) toast(result.shown ?? result.error ?? 'That did not work.');
}

function go(change) {
  Object.assign(state, change);
  if (change.at === 'home') void call('home', { user: state.as });
  void refresh(false);
}

document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-click], [data-at], [data-thread], [data-close]');
  if (!target) return;
  event.preventDefault();
  const { at, thread, close: viewId, hasValue, value } = target.dataset;
  if (at !== undefined) go({ at, thread: '' });
  else if (thread !== undefined) go({ thread });
  else if (viewId !== undefined) void close(viewId);
  else void act(target, hasValue === undefined ? undefined : value);
});
document.addEventListener('change', (event) => {
  if (event.target.id === 'as') return go({ as: event.target.value, thread: '', ...(state.at === 'home' ? { at: 'home' } : {}) });
  const control = event.target.closest('[data-change]');
  if (control) void act(control, valueOf(control));
});
document.addEventListener('submit', (event) => {
  if (event.target.dataset.compose) {
    event.preventDefault();
    return void compose(event.target);
  }
  if (!event.target.dataset.submit) return;
  event.preventDefault();
  void submit(event.target);
});
document.addEventListener(
  'cancel',
  (event) => {
    if (!event.target.matches('dialog.modal')) return;
    event.preventDefault();
    void close(event.target.dataset.modal);
  },
  true,
);

const feed = document.querySelector('main .feed');
if (feed) feed.scrollTop = feed.scrollHeight;
void refresh(false);
`;
