// The two people who can be played on the page, so that it can be seen what one may do with the other's posts.

import type { Person } from '../../chat/invocation.ts';

export const PLATFORM = 'playground';

export const PEOPLE = [
  { id: 'ada', name: 'Ada' },
  { id: 'ben', name: 'Ben' },
] as const;

export type PlayedId = (typeof PEOPLE)[number]['id'];
export const PLAYED_IDS = PEOPLE.map(({ id }) => id);

/** Somebody's chat with the bot has an id of its own: nobody shares one. */
const chatIdOf = (id: PlayedId): string => `chat-${id}`;

export const personOf = (id: PlayedId): Person => ({
  platform: PLATFORM,
  personId: id,
  name: PEOPLE.find(person => person.id === id)?.name ?? id,
  chatId: chatIdOf(id),
});

/** Whose chat it is; undefined for one that the page does not show. */
export const playedIn = (chatId: string): PlayedId | undefined => PLAYED_IDS.find(id => chatIdOf(id) === chatId);
