// Replies and what Telegram is sent for them, one table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderReply } from '#adapters/telegram/render.ts';
import { encodeActionId } from '#chat/action-id.ts';
import { button, copyable, fields, heading, link, note, type Reply, reply, say, select, text } from '#chat/reply.ts';
import { parseHtml } from '#test/fakes/telegram/html.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0);
const FRIDAY = new Date(Date.UTC(2026, 10, 27, 17, 30));
const ENTITY = 'abcdefghijklmnop';
const id = (action: string, value = '') => encodeActionId('schedule', action, ENTITY, value);

const GOLDEN: readonly [what: string, given: Reply, html: string, keyboard?: object[][]][] = [
  ['a sentence', say('Hello.'), 'Hello.'],
  [
    'nothing of a person’s words is markup',
    say('<b>5 > 3 & "4"</b>'),
    '&lt;b&gt;5 &gt; 3 &amp; &quot;4&quot;&lt;/b&gt;',
  ],
  [
    'kinds of blocks stand apart, sentences together',
    reply([heading('A & B'), text('One.'), text({ bold: 'Two' }, ' and ', { code: 'x<y' }), note('Small.')]),
    '<b>A &amp; B</b>\n\nOne.\n<b>Two</b> and <code>x&lt;y</code>\n\n<i>Small.</i>',
  ],
  [
    'fields, an instant with the person’s own zone and one that stays true',
    reply([fields(['When', { instant: FRIDAY, zone: 'Europe/Berlin', style: 'both' }], ['Who', 'Everyone'])]),
    '<b>When</b>: <tg-time unix="1795800600">Fri 27 Nov 2026, 18:30 (Berlin)</tg-time>, <tg-time unix="1795800600" format="r">in 6 days</tg-time>\n<b>Who</b>: Everyone',
  ],
  [
    'a link, escaped',
    say({ link: 'Terms', url: 'https://example.com/?a=1&b="2"' }),
    '<a href="https://example.com/?a=1&amp;b=&quot;2&quot;">Terms</a>',
  ],
  [
    'text to copy: one tap while it is short',
    reply([text('Paste:'), copyable('Cats #cats')]),
    'Paste:\n\n<pre>Cats #cats</pre>',
    [[{ text: 'Copy', copy_text: { text: 'Cats #cats' } }]],
  ],
  [
    'text to copy: a block alone when it is long',
    reply([copyable('x'.repeat(257))]),
    `<pre>${'x'.repeat(257)}</pre>`,
    [],
  ],
  [
    'buttons: styles, a lock for what is not possible yet, rows broken where a phone would cut them',
    reply([text('?')], {
      rows: [
        [
          button('Caption', id('caption')),
          button('Time', id('time')),
          button('Cover', id('cover')),
          button('Replace the clip', id('clip')),
        ],
        [button('Schedule', id('confirm'), 'primary', { disabled: true }), button('Discard', id('discard'), 'danger')],
      ],
    }),
    '?',
    [
      [
        { text: 'Caption', callback_data: id('caption') },
        { text: 'Time', callback_data: id('time') },
        { text: 'Cover', callback_data: id('cover') },
        { text: 'Replace the clip', callback_data: id('clip') },
      ],
      [
        { text: '🔒 Schedule', callback_data: 'off' },
        { text: 'Discard', callback_data: id('discard'), style: 'danger' },
      ],
    ],
  ],
  [
    'a choice: what it is about, then the options, two in a row while they are short',
    reply([text('?')], {
      rows: [
        [
          select(id('privacy'), 'Who can see it', [
            { label: 'Everyone', value: 'PUBLIC', selected: true },
            { label: 'Friends', value: 'FRIENDS' },
            { label: 'Only me', value: 'ME' },
          ]),
        ],
      ],
    }),
    '?',
    [
      [{ text: 'Who can see it ▾', callback_data: 'header' }],
      [
        { text: '✓ Everyone', callback_data: id('privacy', 'PUBLIC') },
        { text: 'Friends', callback_data: id('privacy', 'FRIENDS') },
      ],
      [{ text: 'Only me', callback_data: id('privacy', 'ME') }],
    ],
  ],
  [
    'a link that everybody can open is a button; one of this machine alone is there to copy',
    reply([text('Go:')], {
      rows: [[link('TikTok', 'https://www.tiktok.com/x'), link('Here', 'http://localhost:3000/a?b&c')]],
    }),
    'Go:\n\nHere:\n<code>http://localhost:3000/a?b&amp;c</code>',
    [[{ text: 'TikTok', url: 'https://www.tiktok.com/x' }]],
  ],
  [
    'commands as Telegram can tap them',
    say('Use /connect-tiktok, not /posts-x.'),
    'Use /connect_tiktok, not /posts-x.',
  ],
];

for (const [what, given, html, keyboard = []] of GOLDEN)
  test(what, () => {
    const rendered = renderReply(given, NOW, ['connect-tiktok', 'posts']);
    assert.equal(rendered.html, html);
    assert.deepEqual(rendered.keyboard, keyboard);
    assert.doesNotThrow(() => parseHtml(rendered.html), 'Telegram would refuse it');
  });

test('however long the words are, Telegram takes them, and the end stays', () => {
  const long = reply([
    heading('Ten'),
    fields(...Array.from({ length: 10 }, (_, i) => [`Caption ${i}`, '<😀>'.repeat(550)] as const)),
    text('By posting, you agree.'),
  ]);
  const { html } = renderReply(long, NOW);
  const { text: words } = parseHtml(html);
  assert.ok(words.length <= 4096, `${words.length} characters`);
  assert.match(words, /By posting, you agree\.$/);
  assert.doesNotMatch(words, /[\uD800-\uDBFF](?![\uDC00-\uDFFF])/, 'no emoji is cut in two');
});

test('a picture becomes the preview, files go beside the message', () => {
  const rendered = renderReply(
    reply([
      text('You'),
      { kind: 'image', url: 'https://p16.example.com/a.jpg', alt: 'x' },
      { kind: 'file', name: 'data.json', content: '{}' },
    ]),
    NOW,
  );
  assert.equal(rendered.previewUrl, 'https://p16.example.com/a.jpg');
  assert.deepEqual(
    rendered.files.map(({ name }) => name),
    ['data.json'],
  );
});
