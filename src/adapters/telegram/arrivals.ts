// Pictures of clips that did not come through this chat. A card answers the message with its clip, which is picture enough, and a card
// that were a photo itself could hold 1,024 characters and not the 2,200 of a caption: so it stays a text, and only the news that a
// clip has come by the upload page brings the clip's picture along, as a message before it.

import type { PictureOf } from '../../chat/picture.ts';
import type { Reply } from '../../chat/reply.ts';
import { describeFailure, readFailure } from './client.ts';
import type { Messenger } from './messenger.ts';

export interface ArrivalsDeps {
  readonly messenger: Messenger;
  readonly pictureOf: PictureOf;
  readonly log: { info(facts: object, message: string): void };
}

/** Shows the pictures of the clips that a message of the bot's own speaks of, ahead of it. The message goes out without them too. */
export function createArrivals({ messenger, pictureOf, log }: ArrivalsDeps) {
  return async (chatId: string, { blocks }: Reply): Promise<void> => {
    for (const block of blocks) {
      if (block.kind !== 'clip') continue;
      try {
        await messenger.showPicture(chatId, block, await pictureOf(block));
      } catch (error) {
        // Whoever has to wait, or was blocked, finds the same with the message itself.
        const { kind } = readFailure(error);
        if (kind === 'wait' || kind === 'blocked') throw error;
        log.info(describeFailure(error), 'the picture of a clip could not be shown');
      }
    }
  };
}
