/** The page's own style: light and dark by the reader's setting, one column below 760 px. */
export const PAGE_STYLE = String.raw`
:root {
  --ground: #ffffff; --raised: #ffffff; --soft: #f6f6f8; --line: #dfdfe4; --line-strong: #b9b9c2;
  --ink: #1c1b22; --quiet: #61606b; --link: #1264a3; --mention: #1264a31a;
  --side: #2b1f4d; --side-ink: #e9e4f7; --side-quiet: #b3a8d3; --side-hover: #ffffff14; --side-now: #6b57b8;
  --go: #007a5a; --stop: #c0143c; --badge: #e9e9ee; --code: #b3164b; --shade: #1c1b2280; --note: #fff7e0; --note-line: #e6c766;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #1a1c20; --raised: #222529; --soft: #25282d; --line: #363940; --line-strong: #5a5e68;
    --ink: #e4e4e9; --quiet: #a3a4ae; --link: #4fb0f0; --mention: #4fb0f026;
    --side: #181129; --side-ink: #dcd5ee; --side-quiet: #9186b3; --side-hover: #ffffff12; --side-now: #4d3d8f;
    --go: #1f9d78; --stop: #e2496b; --badge: #363940; --code: #f08aa9; --shade: #000000a6; --note: #322c19; --note-line: #6b5b2a;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid; grid-template: 1fr / 250px minmax(0, 1fr) auto; color: var(--ink); background: var(--ground);
  font: 15px/1.46 -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif; color-scheme: light dark;
}
h1, h2, h3, p, ul, menu { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid #1d9bd1aa; outline-offset: 1px; border-radius: 5px; }
.quiet, small { color: var(--quiet); font-size: 13px; font-weight: 400; }

.sidebar { display: flex; flex-direction: column; min-height: 0; background: var(--side); color: var(--side-ink); }
.sidebar small { color: var(--side-quiet); display: block; line-height: 1.3; }
.brand { display: flex; gap: 10px; align-items: center; padding: 14px 16px; border-bottom: 1px solid #ffffff1f; line-height: 1.25; }
.sidebar nav { flex: 1; overflow-y: auto; padding: 6px 8px 16px; }
.sidebar h2 { margin: 14px 10px 4px; font-size: 13px; font-weight: 600; color: var(--side-quiet); }
.sidebar nav a { display: flex; align-items: center; gap: 8px; padding: 4px 10px; border-radius: 6px; color: var(--side-ink); }
.sidebar nav a:hover { background: var(--side-hover); text-decoration: none; }
.sidebar nav a[aria-current] { background: var(--side-now); color: #fff; }
.sidebar .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sidebar i { display: inline-block; width: 22px; font-style: normal; opacity: .75; }
.count { min-width: 20px; padding: 0 6px; border-radius: 10px; background: #e01e5a; color: #fff; font-size: 12px; font-weight: 700; text-align: center; line-height: 19px; }
.who { display: flex; gap: 10px; align-items: center; padding: 12px 14px; border-top: 1px solid #ffffff1f; }
.who > span:last-child { flex: 1; min-width: 0; }
.who select { width: 100%; padding: 3px 6px; border: 1px solid #ffffff3a; border-radius: 6px; background: #ffffff14; color: var(--side-ink); font: inherit; font-size: 14px; }
.who option { color: #1c1b22; background: #fff; }

.avatar { flex: none; display: inline-grid; place-items: center; width: 36px; height: 36px; border-radius: 8px; color: #fff; font-weight: 700; background: hsl(265 45% 52%); }
.avatar.hue-18 { background: hsl(18 70% 48%); } .avatar.hue-150 { background: hsl(150 55% 34%); } .avatar.hue-205 { background: hsl(205 65% 42%); }
.avatar.hue-330 { background: hsl(330 55% 48%); } .avatar.hue-45 { background: hsl(40 85% 38%); }
.avatar.app { background: none; }
.avatar.app rect { fill: #3b2a6b; }
.avatar.app path { fill: none; stroke: #fff; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }

main, .beside { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.bar { flex: none; display: flex; align-items: center; gap: 12px; min-height: 56px; padding: 8px 20px; border-bottom: 1px solid var(--line); }
.bar h1, .bar h2 { font-size: 18px; line-height: 1.3; font-weight: 800; }
.bar h1 i { font-style: normal; font-weight: 500; margin-right: 3px; color: var(--quiet); }
.members { margin-left: auto; display: flex; align-items: center; padding: 3px 8px 3px 6px; border: 1px solid var(--line); border-radius: 8px; }
.members .avatar { width: 22px; height: 22px; border-radius: 5px; font-size: 11px; margin-right: -4px; box-shadow: 0 0 0 2px var(--ground); }
.members .quiet { margin-left: 12px; }
.feed { flex: 1; min-height: 0; overflow-y: auto; padding: 8px 0 28px; }
.feed:focus-visible { outline-offset: -3px; }
.feed.home { padding: 20px 24px 32px; }
.feed.home > .block { max-width: 720px; }
.empty { display: grid; justify-items: center; align-content: center; gap: 8px; padding: 24px; text-align: center; }
.feed.home > .empty { min-height: 100%; max-width: none; }
.empty h2 { font-size: 18px; } .empty p { max-width: 42ch; font-size: 15px; }
.day { position: relative; margin: 14px 0 10px; text-align: center; }
.day::before { content: ''; position: absolute; inset: 50% 0 auto; border-top: 1px solid var(--line); }
.mark { width: 14px; height: 14px; fill: none; stroke: currentColor; stroke-width: 1.5; vertical-align: -2px; }
.day span { display: inline-block; position: relative; padding: 3px 14px; border: 1px solid var(--line); border-radius: 20px; background: var(--ground); font-size: 13px; font-weight: 700; }
.day span::first-letter { text-transform: uppercase; }

.message { display: flex; gap: 10px; padding: 8px 20px; }
.message:hover { background: var(--soft); }
.message > .avatar { margin-top: 3px; }
.message.ephemeral { background: var(--note); box-shadow: inset 3px 0 var(--note-line); }
.message .only { margin-bottom: 2px; }
.content { flex: 1; min-width: 0; max-width: 720px; }
.content > header { display: flex; align-items: baseline; gap: 6px; }
.content header b { font-weight: 800; } .content header time { color: var(--quiet); font-size: 12px; }
.badge { padding: 0 4px; border-radius: 3px; background: var(--badge); color: var(--quiet); font-size: 10px; font-weight: 700; line-height: 15px; align-self: center; }
.composer { display: flex; gap: 8px; padding: 10px 20px 14px; border-top: 1px solid var(--line); }
.composer input { flex: 1; min-width: 0; padding: 8px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: inherit; font: inherit; }
.thread-link { display: inline-flex; gap: 8px; margin: 6px 0 0 -6px; padding: 3px 8px 3px 6px; border: 1px solid transparent; border-radius: 6px; font-size: 13px; }
.thread-link:hover { border-color: var(--line); background: var(--ground); text-decoration: none; }
.thread { display: flex; flex-direction: column; width: 390px; height: 100%; min-height: 0; border-left: 1px solid var(--line); }
.thread .bar { justify-content: space-between; }
.icon { width: 34px; height: 34px; border: 0; border-radius: 6px; background: none; color: var(--quiet); font-size: 16px; cursor: pointer; }
.icon:hover { background: var(--soft); color: var(--ink); }

.block { margin: 6px 0; }
.block.header { margin: 8px 0 4px; font-size: 18px; line-height: 1.3; font-weight: 800; }
.text { overflow-wrap: anywhere; white-space: break-spaces; }
.section { display: flex; gap: 16px; justify-content: space-between; }
.fold > summary { list-style: none; cursor: pointer; } .fold .more { display: block; color: var(--link); } .fold[open] .more { display: none; }
.section > .body { flex: 1; min-width: 0; } .section > .control { flex: none; }
.fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 24px; margin-top: 2px; }
.text + .fields { margin-top: 8px; }
.context { display: flex; flex-wrap: wrap; gap: 2px 10px; color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; }
hr.block { margin: 12px 0; border: 0; border-top: 1px solid var(--line); }
code, pre { border: 1px solid var(--line); border-radius: 4px; background: var(--soft); font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
code { padding: 1px 4px; color: var(--code); } pre { margin: 4px 0; padding: 8px 10px; white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid var(--line); }
.text ul, .text ol { margin: 2px 0; padding-left: 24px; } .text ul { list-style: disc; }
.mention { padding: 0 3px 1px; border-radius: 3px; background: var(--mention); color: var(--link); }
.picture { color: var(--quiet); }

.button { display: inline-flex; align-items: center; justify-content: center; min-height: 34px; padding: 0 14px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--raised); color: var(--ink); font: inherit; font-weight: 700; cursor: pointer; }
.button:hover { background: var(--soft); box-shadow: 0 1px 3px #0000001f; }
.button.primary { border-color: var(--go); color: var(--go); } .button.danger { border-color: var(--stop); color: var(--stop); }
.message .button.primary, .button.filled { color: #fff; } .message .button.primary, .button.primary.filled { background: #007a5a; border-color: #007a5a; }
.message .button.danger, .button.danger.filled { background: #c0143c; border-color: #c0143c; color: #fff; }
.message .button.primary:hover, .message .button.danger:hover, .button.filled:hover { filter: brightness(1.12); }
[aria-busy='true'] { opacity: .55; cursor: progress; }
select, textarea, .input input:not([type='checkbox'], [type='radio']) { width: 100%; min-height: 38px; padding: 7px 11px; border: 1px solid var(--line-strong); border-radius: 7px; background: var(--raised); color: var(--ink); font: inherit; }
textarea { resize: vertical; } .control > select, .control > input { width: auto; max-width: 220px; min-height: 34px; padding: 4px 8px; font-size: 14px; }
[aria-invalid='true'] { border-color: var(--stop) !important; }
.input { margin: 16px 0; } .input > label { display: block; margin-bottom: 6px; font-weight: 700; }
.hint, .error { margin-top: 5px; font-size: 13px; color: var(--quiet); } .error { color: var(--stop); font-weight: 600; }
.choice { display: flex; gap: 9px; align-items: flex-start; padding: 4px 0; cursor: pointer; }
.choice input { width: 17px; height: 17px; margin: 3px 0 0; accent-color: var(--go); } .choice small { display: block; }

dialog { border: 0; padding: 0; border-radius: 12px; background: var(--raised); color: var(--ink); box-shadow: 0 18px 48px #00000052; }
dialog::backdrop { background: var(--shade); }
dialog.modal { width: min(520px, calc(100vw - 24px)); max-height: min(760px, calc(100dvh - 32px)); overflow: hidden; }
dialog.modal[open] { display: flex; } .modal form { display: flex; flex-direction: column; flex: 1; min-width: 0; min-height: 0; }
.modal header { display: flex; align-items: center; gap: 10px; padding: 16px 20px; } .modal header .avatar { width: 28px; height: 28px; }
.modal h2 { flex: 1; font-size: 20px; font-weight: 800; }
.modal .scroll { flex: 1; overflow-y: auto; padding: 0 20px 8px; } .modal .scroll > :first-child { margin-top: 4px; }
.modal footer, .confirm menu { display: flex; justify-content: flex-end; gap: 10px; padding: 14px 20px; } .modal footer { border-top: 1px solid var(--line); }
dialog.confirm { width: min(420px, calc(100vw - 24px)); } .confirm h2 { padding: 20px 20px 6px; font-size: 19px; } .confirm .text { padding: 0 20px 8px; }
.toasts { position: fixed; right: 16px; bottom: 16px; display: grid; gap: 8px; z-index: 2; }
.toasts p, noscript { padding: 11px 16px; border-radius: 8px; background: #1c1b22; color: #fff; box-shadow: 0 6px 20px #0004; border-left: 4px solid #e2496b; }
.lost::after { content: 'The local Slack is not running. Waiting for it…'; position: fixed; inset: 0 0 auto; padding: 6px; background: #c0143c; color: #fff; text-align: center; font-size: 14px; }

@media (max-width: 1100px) { .thread { width: 330px; } }
@media (max-width: 760px) {
  body { grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); }
  .sidebar { flex-flow: row wrap; align-items: center; } .brand { flex: 1; border: 0; padding: 10px 12px; white-space: nowrap; }
  .brand small, .sidebar h2, .who small, .who > .avatar { display: none; } .brand .avatar { width: 28px; height: 28px; }
  .who { order: 2; border: 0; padding: 8px 12px; } .who select { width: 150px; }
  .sidebar nav { order: 3; flex: 0 0 100%; display: flex; gap: 4px; overflow-x: auto; padding: 0 8px 8px; scrollbar-width: none; }
  .sidebar nav ul { display: flex; gap: 4px; } .sidebar nav a { white-space: nowrap; background: var(--side-hover); } .sidebar i { width: 16px; }
  .bar { min-height: 48px; padding: 6px 14px; } .message { padding: 8px 14px; } .feed.home { padding: 12px 16px; }
  .beside:has(.thread) { position: fixed; inset: 0; z-index: 1; background: var(--ground); } .thread { width: 100%; border: 0; }
  .actions .control { flex: 1 1 auto; } .actions .button { width: 100%; min-height: 42px; }
  .toasts { left: 12px; right: 12px; }
}
@media (max-width: 480px) { .fields { grid-template-columns: minmax(0, 1fr); gap: 8px; } .message > .avatar { width: 30px; height: 30px; } }
@media (prefers-reduced-motion: no-preference) { .toasts p { animation: rise .18s ease-out; } @keyframes rise { from { opacity: 0; transform: translateY(8px); } } }
`;
