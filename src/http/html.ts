// Server-rendered pages: escaping by default, one layout, headers that let a page do nothing it need not do, scripts least of all.

import type { FastifyReply } from 'fastify';

/** Text that is safe as it stands, because we wrote it or escaped it. */
export interface Html {
  readonly html: string;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, letter => ESCAPES[letter] ?? letter);

type Piece = Html | string | number | false | null | readonly Html[];

const render = (piece: Piece): string => {
  if (piece === false || piece === null) return '';
  if (Array.isArray(piece)) return piece.map(render).join('');
  return typeof piece === 'object' ? (piece as Html).html : escapeHtml(String(piece));
};

/** A template whose values are escaped unless they are Html themselves. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html => ({
  html: strings.reduce((all, text, i) => all + text + (i < pieces.length ? render(pieces[i] ?? null) : ''), ''),
});

const STYLE: Html = {
  html: `
:root { color-scheme: light dark; --ink: #1c1a17; --soft: #6b655c; --paper: #faf8f4; --card: #fff; --line: #e4dfd6; --go: #0b6b53; --go-ink: #fff; --warn: #8a3b12; }
@media (prefers-color-scheme: dark) { :root { --ink: #f1ede6; --soft: #a9a196; --paper: #171512; --card: #211e1a; --line: #39342d; --go: #4cc9a4; --go-ink: #08261d; --warn: #f0a878; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { width: min(28rem, 100%); padding: clamp(1.25rem, 6vw, 2rem); background: var(--card); border: 1px solid var(--line); border-radius: 1rem; }
a { color: var(--go); }
header { display: flex; gap: .5rem; align-items: center; margin: 0 0 1.25rem; color: var(--soft); font-size: .9375rem; font-weight: 600; }
header::before { content: ""; width: .75rem; height: .75rem; border-radius: .25rem; background: var(--go); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 1.25rem 0 .25rem; font-size: 1.0625rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
small, .soft { color: var(--soft); font-size: .9375rem; }
.warn { padding: .75rem 1rem; border-radius: .75rem; background: color-mix(in srgb, var(--warn) 9%, transparent); color: var(--warn); font-size: 1rem; }
form { margin: 0; }
button, .button { display: block; width: 100%; min-height: 3rem; padding: .75rem 1rem; border: 0; border-radius: .75rem; background: var(--go); color: var(--go-ink); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
button:focus-visible, .button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.code { display: block; margin: 0 0 1rem; padding: 1rem; border: 2px dashed var(--line); border-radius: .75rem; font: 700 2rem/1.2 ui-monospace, monospace; letter-spacing: .06em; text-align: center; user-select: all; overflow-wrap: anywhere; }
.code.long { font-size: 1rem; letter-spacing: 0; }
details { margin: 0 0 1rem; }
a + details { margin-top: .75rem; }
summary { padding: .5rem 0; color: var(--soft); font-size: .9375rem; cursor: pointer; }
summary:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; border-radius: .25rem; }
details p { margin: .25rem 0 .5rem; font-size: 1rem; }
details > :last-child { margin-bottom: 0; }
.who { display: flex; gap: .75rem; align-items: center; margin: 0 0 1rem; font-weight: 600; }
.who img { width: 3rem; height: 3rem; border-radius: 50%; }
.quiet { background: transparent; color: inherit; border: 1px solid var(--line); font-weight: 500; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin: 0 0 1rem; }
.pair button { padding-inline: .5rem; font-size: 1rem; }
.note { padding: .75rem 1rem; border-radius: .75rem; background: color-mix(in srgb, var(--soft) 12%, transparent); font-size: 1rem; }
main > :last-child, section > :last-child { margin-bottom: 0; }
.drop { position: relative; display: grid; gap: .25rem; place-content: center; min-height: 11rem; margin: 0 0 1rem; padding: 1rem; border: 2px dashed var(--line); border-radius: .75rem; text-align: center; cursor: pointer; }
.drop input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer; }
.drop svg { width: 2rem; height: 2rem; margin: 0 auto .25rem; fill: none; stroke: var(--go); stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.drop strong { color: var(--go); font-size: 1.125rem; }
.drop:hover, .drop.over { border-color: var(--go); background: color-mix(in srgb, var(--go) 7%, transparent); }
.drop:focus-within { outline: 3px solid var(--ink); outline-offset: 2px; }
.wide { color: var(--soft); }
@media (hover: none) { .wide { display: none; } }
.name { margin: 0 0 .5rem; font-weight: 600; }
.figures { margin: .5rem 0 1rem; color: var(--soft); font-variant-numeric: tabular-nums; }
progress { display: block; width: 100%; height: .75rem; border: 0; border-radius: .5rem; overflow: hidden; background: var(--line); color: var(--go); accent-color: var(--go); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--go); }
progress::-moz-progress-bar { background: var(--go); }
[hidden] { display: none !important; }
footer { margin-top: 1.25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
footer p { margin: 0; }
`,
};

export interface Page {
  readonly title: string;
  readonly body: Html;
}

const layout = ({ title, body }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body><main><header>Clipcue</header>${body}</main></body>
</html>
`.html;

export interface PageOptions {
  readonly status?: number;
  /** Origins that the page's form ends up at, by redirect too: Chromium applies form-action to the whole chain. */
  readonly formTargets?: readonly string[];
  /** Addresses of the page's pictures; what is no plain web address is left out, since it would end up in a header. */
  readonly imageSources?: readonly string[];
  /** Lets files of ours run and ask this server; never what stands in the page. */
  readonly hasScripts?: boolean;
}

function originOf(address: string): string {
  const { origin } = URL.canParse(address) ? new URL(address) : { origin: '' };
  return /^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin) ? origin : '';
}

/** Sends a page that no cache keeps, no frame shows and, unless it says so, no script runs in. */
export function sendPage(
  reply: FastifyReply,
  page: Page,
  { status = 200, formTargets = [], imageSources = [], hasScripts = false }: PageOptions = {},
): FastifyReply {
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `img-src ${imageSources.map(originOf).join(' ').trim() || "'none'"}`,
    `form-action 'self' ${formTargets.join(' ')}`.trim(),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    ...(hasScripts ? ["script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"] : []),
  ].join('; ');
  return (
    reply
      .code(status)
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('cache-control', 'no-store')
      // "no-referrer" would turn the Origin of our own form into null, and the check of it would fail.
      .header('referrer-policy', 'same-origin')
      .header('x-content-type-options', 'nosniff')
      .send(layout(page))
  );
}
