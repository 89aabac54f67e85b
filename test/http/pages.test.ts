// Pages show names that strangers chose: whatever these hold, the markup of a page stays the same.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AppError, ERROR_KINDS, type ErrorCode } from '#domain/errors.ts';
import { connectPage, continuePage, refusalPage, returnPage } from '#http/connect-pages.ts';
import { escapeHtml, type Page } from '#http/html.ts';

/** After the OWASP cheat sheet on filter evasion, and what chat names really hold. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '" autofocus onfocus="alert(1)',
  "' style='position:fixed",
  '</main></body><form action=https://evil.example>',
  '<!--',
  ']]>',
  '&lt;script&gt;',
  '&#60;script&#62;',
  'javascript:alert(1)',
  '{{7*7}}<%= 7*7 %>',
  '\u202Egnp.exe',
  '\u0000<b>',
  '＜script＞',
  '<scr\u0000ipt>',
  '\r\nSet-Cookie: a=b',
  'Clara\u2028<b>',
  '😀'.repeat(30),
];

/** Every page, with `words` in each place where words of others can stand. */
const pagesWith = (words: string): Record<string, Page> => {
  const person = { personName: words, platform: words, isPractice: true };
  const result = { code: words, platform: words, displayName: words, avatarUrl: words, isPractice: false };
  return {
    link: connectPage(person),
    continue: continuePage({ ...person, state: words, action: words }),
    'result with a code': returnPage({ ...result, returnUrl: null }),
    'result with a way back': returnPage({ ...result, returnUrl: words }),
    'result without a picture': returnPage({ ...result, avatarUrl: '', returnUrl: null }),
    refusal: refusalPage({ code: 'link_scopes_missing', facts: { scopes: words } }, words),
  };
};

/** A page without its words: names of elements and attributes, in order. */
const skeletonOf = ({ body, title }: Page): string =>
  [...body.html.matchAll(/<[^>]*>/g)]
    .map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""').replace(/class="" /, ''))
    .concat(/[<>]/.test(escapeHtml(title)) ? 'title' : [])
    .join('');

describe('pages', () => {
  test('keep their markup, whatever names hold', () => {
    const plain = Object.entries(pagesWith('Clara'));
    for (const payload of PAYLOADS)
      for (const [name, page] of plain) {
        const shown = pagesWith(payload)[name];
        assert.ok(shown);
        assert.equal(skeletonOf(shown), skeletonOf(page), `the ${name} page, shown ${JSON.stringify(payload)}`);
      }
  });

  test('keep their markup for any text at all', () => {
    const plain = Object.entries(pagesWith('x')).map(([name, page]) => [name, skeletonOf(page)] as const);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), words => {
        const shown = pagesWith(words);
        for (const [name, skeleton] of plain) assert.equal(skeletonOf(shown[name] ?? assert.fail()), skeleton, name);
      }),
      { numRuns: 500 },
    );
  });

  test('isolate the writing direction of names', () => {
    for (const name of ['link', 'continue', 'result with a code'])
      assert.match(pagesWith('\u202Eevil')[name]?.body.html ?? '', /<bdi>\u202Eevil<\/bdi>/, name);
  });

  test('say what to do for every error, without a script, a picture or a form', () => {
    for (const code of Object.keys(ERROR_KINDS) as ErrorCode[]) {
      const { body, title } = refusalPage(new AppError(code), 'abcd1234');
      assert.match(body.html, /<h1>[^<]+<\/h1>\s*<p>[^<]+<\/p>/, code);
      assert.doesNotMatch(body.html, /<script|<img|<form/, code);
      assert.ok(title, code);
    }
  });
});
