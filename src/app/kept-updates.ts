// What a chat platform's adapter may write down of events that it has not handled yet: sealed, and nothing of strangers'.

import type { KeptUpdates } from '../adapters/telegram/custody.ts';
import { identityKey } from '../domain/user.ts';
import type { Foundation } from './foundation.ts';

export function createKeptUpdates({ stores, tokenBox }: Pick<Foundation, 'stores' | 'tokenBox'>): KeptUpdates {
  const { keptEvents, users } = stores;
  return {
    async keep({ platform, personId, bot, key }, update) {
      if (!(await users.isKnown(platform, personId))) return false;
      await keptEvents.keep(tokenBox, { key, bot, person: identityKey(platform, personId), event: update });
      return true;
    },
    list: bot => keptEvents.list(tokenBox, bot),
    drop: keptEvents.drop,
  };
}
