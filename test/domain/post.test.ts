// Every state x event of a post: the whole table, spelled out beside the one in the code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '#domain/errors.ts';
import {
  isBeyondRecall,
  POST_EVENTS,
  POST_STATES,
  type PostEvent,
  type PostStage,
  PUBLISHING_STEPS,
  transition,
} from '#domain/post.ts';

const EVERY_STAGE: PostStage[] = POST_STATES.flatMap((state): PostStage[] =>
  state === 'publishing' ? PUBLISHING_STEPS.map(step => ({ state, step })) : [{ state, step: null }],
);

/** `from event to`, one allowed move a line; everything else is refused. */
const ALLOWED = `
draft schedule scheduled
draft edit draft
draft hold held
draft cancel cancelled
scheduled reschedule scheduled
scheduled edit draft
scheduled claim publishing.claimed
scheduled hold held
scheduled cancel cancelled
held note held
held reschedule scheduled
held release scheduled
held hold held
held edit draft
held cancel cancelled
publishing.claimed note publishing.claimed
publishing.claimed initiate publishing.initiated
publishing.claimed postpone scheduled
publishing.claimed reschedule scheduled
publishing.claimed hold held
publishing.claimed fail failed
publishing.claimed cancel cancelled
publishing.initiated note publishing.initiated
publishing.initiated upload publishing.uploading
publishing.initiated commit publishing.committing
publishing.initiated restart publishing.claimed
publishing.initiated hold held
publishing.initiated fail failed
publishing.initiated cancel cancelled
publishing.uploading note publishing.uploading
publishing.uploading upload publishing.uploading
publishing.uploading commit publishing.committing
publishing.uploading restart publishing.claimed
publishing.uploading hold held
publishing.uploading fail failed
publishing.uploading cancel cancelled
publishing.committing note publishing.committing
publishing.committing upload publishing.uploading
publishing.committing uploaded publishing.processing
publishing.committing restart publishing.claimed
publishing.committing publish published
publishing.committing fail failed
publishing.committing lose_track unconfirmed
publishing.processing note publishing.processing
publishing.processing restart publishing.claimed
publishing.processing publish published
publishing.processing fail failed
publishing.processing lose_track unconfirmed
published note published
failed revive draft
unconfirmed note unconfirmed
unconfirmed publish published
unconfirmed fail failed
unconfirmed retry scheduled
unconfirmed revive draft
cancelled revive draft
`;

const spell = ({ state, step }: PostStage) => (step ? `${state}.${step}` : state);
const allowed = new Map(
  ALLOWED.trim()
    .split('\n')
    .map(line => line.split(' '))
    .map(([from, event, to]) => [`${from} ${event}`, to]),
);

for (const from of EVERY_STAGE)
  for (const event of POST_EVENTS)
    test(`${spell(from)}, ${event}: ${allowed.get(`${spell(from)} ${event}`) ?? 'refused'}`, () => {
      const expected = allowed.get(`${spell(from)} ${event}`);
      if (expected) assert.equal(spell(transition(from, event)), expected);
      else
        assert.throws(
          () => transition(from, event),
          error => isAppError(error, isBeyondRecall(from) ? 'post_too_late' : 'post_wrong_state'),
        );
    });

test('the table names no stage or event that does not exist', () => {
  const stages = new Set(EVERY_STAGE.map(spell));
  for (const [key, to] of allowed) {
    const [from = '', event = ''] = key.split(' ');
    assert.ok(stages.has(from) && stages.has(to ?? '') && POST_EVENTS.includes(event as PostEvent), key);
  }
});

test('once the last chunk may be out, no event of a person moves a post', () => {
  for (const from of EVERY_STAGE.filter(isBeyondRecall))
    for (const event of ['cancel', 'reschedule', 'edit', 'schedule'] as const)
      assert.throws(
        () => transition(from, event),
        error => isAppError(error, 'post_too_late'),
        `${spell(from)} ${event}`,
      );
});
