/** The frame of every page of the simulator: the banner that says what this is, and a policy without any script. */
import type { FastifyReply } from 'fastify';
import { type Html, html } from './html.ts';

/** `formTargets`: origins besides its own to which a form of the page may lead. */
export function sendPage(reply: FastifyReply, status: number, page: Html, formTargets: string[] = []): FastifyReply {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return (
    reply
      .code(status)
      .header('content-security-policy', policy.join('; '))
      .header('x-content-type-options', 'nosniff')
      // Not no-referrer: with that, browsers say "Origin: null" when the page's own form is sent.
      .header('referrer-policy', 'same-origin')
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.markup)
  );
}

export function layout(title: string, main: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · TikTok simulator</title>
<link rel="icon" href="/simulator/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/simulator/style.css">
<link rel="stylesheet" href="/simulator/panel.css">
</head>
<body>
<header class="banner"><a href="/simulator"><strong>TikTok simulator</strong></a> a stand-in, nothing reaches TikTok</header>
<main>${main}</main>
</body>
</html>
`;
}
