/** The style of the page: the reader's own fonts, light and dark, and from 390 px on. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --back: #fcfcfd; --panel: #f3f4f6;
  --link: #0b5cad; --get: #0b6e4f; --post: #0b5cad; --delete: #b3261e; --good: #0b6e4f; --bad: #a04100; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #3a3f45; --back: #111316;
  --panel: #1b1e22; --link: #7ab8f5; --get: #5fd0a5; --post: #7ab8f5; --delete: #ff9d94; --good: #5fd0a5; --bad: #f5b27a; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--back); }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.page { display: grid; grid-template-columns: 19rem minmax(0, 1fr); max-width: 80rem; margin: 0 auto; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 1.5rem 1rem 2rem 1.25rem;
  font-size: .82rem; }
nav h2 { font-size: .72rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1.1rem 0 .2rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .12rem 0; color: var(--ink); text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { text-decoration: underline; }
main { padding: 1.5rem 2rem 5rem; min-width: 0; border-left: 1px solid var(--line); }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; } h1 small { font-size: .9rem; font-weight: 400; color: var(--soft); }
main > h2 { font-size: 1.3rem; margin: 3rem 0 .2rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h3 a { color: inherit; text-decoration: none; }
h4 { font-size: .9rem; margin: 1rem 0 .3rem; } h4 small { font-weight: 400; color: var(--soft); }
p { max-width: 46rem; margin: .4rem 0; } ol { max-width: 46rem; padding-left: 1.6rem; } li { margin: .15rem 0; }
code, pre { font: .86em/1.5 ui-monospace, monospace; }
.operation { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.1rem; margin: 1rem 0; }
.method { display: inline-block; min-width: 3.6em; font: 700 .74em ui-monospace, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .delete { color: var(--delete); }
.proof { color: var(--soft); font-size: .88rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tr:last-child > * { border-bottom: 0; } thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; width: 24%; } td:nth-child(2) { width: 26%; }
.answers tbody th { width: 3.5rem; } .answers td:nth-child(2), .proofs td:nth-child(2) { width: auto; }
.s2 th { color: var(--good); } .s4 th, .s5 th { color: var(--bad); }
summary { cursor: pointer; color: var(--link); font-size: .85rem; margin-top: .2rem; }
pre { background: var(--panel); border-radius: .4rem; padding: .7rem .8rem; margin: .3rem 0; overflow-x: auto; }
@media (max-width: 760px) { .page { display: block; } main { padding: 1rem 1rem 4rem; border-left: 0; }
  nav { position: static; max-height: none; border-bottom: 1px solid var(--line); padding: .5rem 1rem; }
  nav a { padding: .3rem 0; } .operation { padding: .8rem; } tbody th { width: 32%; } td:nth-child(2) { width: 24%; } }
`;
