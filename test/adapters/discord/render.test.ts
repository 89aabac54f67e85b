// Replies and what Discord is sent for them, one table; and that people's words come out as they typed them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeText } from '#adapters/discord/render/markdown.ts';
import { renderMessage } from '#adapters/discord/render/message.ts';
import { renderModal } from '#adapters/discord/render/modal.ts';
import { encodeActionId } from '#chat/action-id.ts';
import { button, copyable, fields, heading, link, note, type Reply, reply, say, select, text } from '#chat/reply.ts';
import { checkMessage, checkModal } from '#test/fakes/discord/rules.ts';
import { readMarkdown } from '#test/fakes/discord/screen.ts';

const FRIDAY = new Date(Date.UTC(2026, 10, 27, 17, 30));
const ENTITY = 'abcdefghijklmnop';
const id = (action: string, value = '') => encodeActionId('schedule', action, ENTITY, value);
const card = (...components: object[]) => [{ type: 17, components }];
const words = (content: string) => ({ type: 10, content });
const row = (...components: object[]) => ({ type: 1, components });

const GOLDEN: readonly [what: string, given: Reply, components: object[]][] = [
  ['a sentence stands without a frame', say('Hello.'), [words('Hello.')]],
  [
    'a card: heading, sentences, fields, small print',
    reply([
      heading('New post'),
      text('One ', { bold: 'two' }, '.'),
      fields(['Who', 'Everyone']),
      note('Practice.\nReally.'),
    ]),
    card(words('### New post\nOne **two**.\n**Who:** Everyone\n-# Practice.\n-# Really.')),
  ],
  [
    'instants in every reader’s own zone and language',
    reply([fields(['When', { instant: FRIDAY, zone: 'Europe/Berlin', style: 'both' }])]),
    [words('**When:** <t:1795800600:F> (<t:1795800600:R>)')],
  ],
  [
    'links without a preview; one that Discord takes in no button stands in the text',
    reply([text('By ', { link: 'the [rules]', url: 'https://www.tiktok.com/legal?a=1' })], {
      rows: [[link('Open', 'https://www.tiktok.com/x'), link('Here', 'http://localhost:3000/connect/abc')]],
    }),
    card(
      words('By [the \\[rules\\]](<https://www.tiktok.com/legal?a=1>)\nHere: <http://localhost:3000/connect/abc>'),
      row({ type: 2, style: 5, label: 'Open', url: 'https://www.tiktok.com/x' }),
    ),
  ],
  [
    'an address over 512 characters stands in the text',
    reply([text('Go')], { rows: [[link('Open', `https://www.tiktok.com/${'x'.repeat(500)}`)]] }),
    [words(`Go\n[Open](<https://www.tiktok.com/${'x'.repeat(500)}>)`)],
  ],
  [
    'text to copy stands unescaped in a block',
    reply([text('Paste:'), copyable('Cats *and* #dogs\n@everyone')]),
    card(words('Paste:\n```\nCats *and* #dogs\n@everyone\n```')),
  ],
  [
    'a picture beside the text; one of this machine is none that Discord could show',
    reply([
      heading('Connected'),
      { kind: 'image', url: 'http://localhost:3010/a.png', alt: 'no' },
      { kind: 'image', url: 'https://p16.tiktokcdn.com/a.webp', alt: 'Clara' },
    ]),
    card({
      type: 9,
      components: [words('### Connected')],
      accessory: { type: 11, media: { url: 'https://p16.tiktokcdn.com/a.webp' }, description: 'Clara' },
    }),
  ],
  [
    'more pictures below the text, side by side',
    reply([
      heading('Accounts'),
      ...['a', 'b', 'c'].map(name => ({
        kind: 'image' as const,
        url: `https://p16.tiktokcdn.com/${name}.webp`,
        alt: name,
      })),
    ]),
    card(
      {
        type: 9,
        components: [words('### Accounts')],
        accessory: { type: 11, media: { url: 'https://p16.tiktokcdn.com/a.webp' }, description: 'a' },
      },
      {
        type: 12,
        items: ['b', 'c'].map(name => ({
          media: { url: `https://p16.tiktokcdn.com/${name}.webp` },
          description: name,
        })),
      },
    ),
  ],
  [
    'buttons in rows of five, a select in a row of its own',
    reply([text('?')], {
      rows: [
        ['a', 'b', 'c', 'd', 'e', 'f'].map(label => button(label, id('toggle', label))),
        [
          select(id('privacy'), 'Who', [
            { label: 'Everyone', value: 'ALL', selected: true },
            { label: 'Only me', value: 'ME', hint: 'private' },
          ]),
        ],
        [button('Schedule', id('confirm'), 'primary', { disabled: true }), button('Discard', id('discard'), 'danger')],
      ],
    }),
    card(
      words('?'),
      row(...['a', 'b', 'c', 'd', 'e'].map(label => ({ type: 2, style: 2, label, custom_id: id('toggle', label) }))),
      row({ type: 2, style: 2, label: 'f', custom_id: id('toggle', 'f') }),
      row({
        type: 3,
        custom_id: id('privacy'),
        placeholder: 'Who',
        options: [
          { label: 'Everyone', value: 'ALL', default: true },
          { label: 'Only me', value: 'ME', description: 'private' },
        ],
      }),
      row(
        { type: 2, style: 1, label: 'Schedule', custom_id: id('confirm'), disabled: true },
        { type: 2, style: 4, label: 'Discard', custom_id: id('discard') },
      ),
    ),
  ],
  [
    'a file of the person’s own',
    reply([text('Yours.'), { kind: 'file', name: 'my data.json', content: '{}' }]),
    card(words('Yours.'), { type: 13, file: { url: 'attachment://my_data.json' } }),
  ],
];

for (const [what, given, components] of GOLDEN)
  test(what, () => {
    const message = renderMessage(given);
    assert.deepEqual(message.components, components);
    assert.deepEqual(faultsOf(given), []);
  });

function faultsOf(given: Reply): string[] {
  const { components, flags, files } = renderMessage(given);
  const body = JSON.parse(JSON.stringify({ components, flags, allowed_mentions: { parse: [] } }));
  return checkMessage(
    body,
    files.map(({ name }) => name),
    true,
  );
}

const shown = (markdown: string) => readMarkdown(markdown, { now: FRIDAY.getTime(), zone: 'UTC' });

test('what people typed comes out as they typed it', () => {
  const typed = [
    '@everyone look **here** <@123> <#456> <t:1:R> ||spoiler|| `code` ~~gone~~',
    '# not a heading\n- not a list\n> not a quote\n-# not small\n1. not counted\n#a #hashtag stays',
    'https://example.com/a_b_c?d=*e* and [a link](https://evil.example)',
    '¯\\_(ツ)_/¯ snake_case_name \\*already escaped\\*',
    '```\nnot a block\n```',
  ];
  for (const caption of typed) {
    const markdown = escapeText(caption);
    assert.equal(shown(markdown), caption);
    assert.doesNotMatch(markdown, /(?<!\\)@(?:everyone|here)|(?<!\\)<|https?:\/\//, `${markdown} could call or link`);
  }
  assert.equal(
    escapeText('Cats #cats and dogs, 5 - 3 + 1 = 3. Really!'),
    'Cats #cats and dogs, 5 - 3 + 1 = 3. Really!',
  );
});

test('any text at all comes out as typed', () => {
  const marks = fc.constantFrom(...'\\*_~`|[]()<>@#-+.:/!1a \n', '@everyone', 'https://a.b', '<@1>', '-# ', '```');
  fc.assert(
    fc.property(fc.array(fc.oneof(marks, fc.string())), pieces => {
      const typed = pieces.join('');
      assert.equal(shown(escapeText(typed)), typed);
    }),
  );
});

test('a caption over the limit of text is shortened, and says so', () => {
  const caption = '*\u{1F408}'.repeat(1500);
  const given = reply([heading('New post'), fields(['Caption', caption], ['Who', 'Everyone']), note('Practice.')]);
  assert.deepEqual(faultsOf(given), []);
  const [frame] = renderMessage(given).components as unknown as [{ components: [{ content: string }] }];
  assert.match(
    frame.components[0].content,
    /shortened here; all of it is kept\)\n\*\*Who:\*\* Everyone\n-# Practice\.$/,
  );
  assert.ok(frame.components[0].content.isWellFormed(), 'no letter is cut in half');
});

test('copying survives a block’s own marks: such text comes as a file', () => {
  const { files } = renderMessage(reply([copyable('a ```b``` c')]));
  assert.deepEqual(
    files.map(({ name, data }) => [name, data.toString()]),
    [['text-to-copy.txt', 'a ```b``` c']],
  );
});

test('more buttons than a message holds are packed, and never break it', () => {
  const rows = Array.from({ length: 30 }, (_, index) => [button(`Button ${index}`, id('toggle', String(index)))]);
  const given = reply([text('?')], { rows });
  assert.deepEqual(faultsOf(given), []);
  assert.match(JSON.stringify(renderMessage(given)), /Button 29/, 'thirty fit once they stand close');
  const twice = Array.from({ length: 60 }, (_, index) => [button(`Button ${index}`, id('toggle', String(index)))]);
  assert.deepEqual(faultsOf(reply([text('?')], { rows: twice })), []);
});

test('labels, options and placeholders over Discord’s limits are cut', () => {
  const long = 'x'.repeat(300);
  const options = Array.from({ length: 40 }, (_, index) => ({
    label: long,
    value: String(index),
    hint: long,
    selected: true,
  }));
  assert.deepEqual(
    faultsOf(reply([text('?')], { rows: [[button(long, id('toggle'))], [select(id('zone'), long, options)]] })),
    [],
  );
});

test('forms: a label for each field, in Discord’s limits whatever the words', () => {
  const long = 'y'.repeat(120);
  const modal = renderModal({
    id: id('caption'),
    title: long,
    submitLabel: 'Save',
    fields: [
      {
        name: 'caption',
        label: 'Caption',
        hint: '#tags work.',
        kind: 'paragraph',
        required: false,
        value: 'Cats',
        maxLength: 2200,
      },
      { name: 'code', label: long, kind: 'line', required: true, value: long, maxLength: 64 },
      { name: 'clip', label: 'The new clip', kind: 'video', required: true },
      {
        name: 'few',
        label: 'One of few',
        kind: 'choice',
        required: true,
        value: 'b',
        options: [
          { label: 'A', value: 'a' },
          { label: 'B', value: 'b' },
        ],
      },
      {
        name: 'many',
        label: 'One of many',
        kind: 'choice',
        required: true,
        options: Array.from({ length: 12 }, (_, index) => ({ label: `N${index}`, value: String(index) })),
      },
    ],
  });
  assert.deepEqual(checkModal(JSON.parse(JSON.stringify(modal))), []);
  const inputs = (modal.components as { component: { type: number } }[]).map(({ component }) => component);
  assert.deepEqual(
    inputs.map(({ type }) => type),
    [4, 4, 19, 21, 3],
  );
  assert.deepEqual(inputs[0], {
    type: 4,
    custom_id: 'caption',
    style: 2,
    required: false,
    max_length: 2200,
    value: 'Cats',
  });
  assert.deepEqual(inputs[2], { type: 19, custom_id: 'clip', required: true, max_values: 1, file_types: ['video'] });
});

test('any number of a few are checkboxes; of many, a list', () => {
  const optionsOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ label: `N${index}`, value: `v${index}`, selected: index < 1 }));
  const checks = (name: string, count: number) =>
    ({ name, label: name, kind: 'checks', required: false, options: optionsOf(count) }) as const;
  const modal = renderModal({
    id: id('whole'),
    title: 'Choose',
    submitLabel: 'Save',
    fields: [checks('two', 2), checks('twelve', 12)],
  });
  assert.deepEqual(checkModal(JSON.parse(JSON.stringify(modal))), []);
  const [two, twelve] = (modal.components as unknown as { component: Record<string, unknown> }[]).map(
    ({ component }) => component,
  );
  assert.deepEqual(two, {
    type: 22,
    custom_id: 'two',
    required: false,
    min_values: 0,
    max_values: 2,
    options: [
      { label: 'N0', value: 'v0', default: true },
      { label: 'N1', value: 'v1' },
    ],
  });
  assert.deepEqual([twelve?.type, twelve?.max_values], [3, 12]);
});

test('a form that no modal holds is a mistake, found at once', () => {
  const fields = Array.from({ length: 6 }, (_, index) => ({
    name: `n${index}`,
    label: 'N',
    kind: 'line' as const,
    required: true,
  }));
  assert.throws(() => renderModal({ id: id('x'), title: 'Many', submitLabel: 'Save', fields }), /6 fields/);
});
