// Replies as Discord messages with the pictures of their clips. The pictures go along with every edit: Discord does not tell a bot the
// ids of attachments that stand in components (discord-api-docs issue 8277), so an edit cannot name them to be kept.

import type { ClipPicture, PictureOf } from '../../chat/picture.ts';
import type { Reply } from '../../chat/reply.ts';
import { type DiscordMessage, renderMessage } from './render/message.ts';

export type Compose = (reply: Reply) => Promise<DiscordMessage>;

/** Without `pictureOf` clips are shown by their names alone. */
export function createCompose(pictureOf: PictureOf | undefined): Compose {
  return async reply => {
    const pictures = new Map<string, ClipPicture>();
    for (const block of reply.blocks)
      if (block.kind === 'clip' && pictureOf) pictures.set(block.mediaId, await pictureOf(block));
    return renderMessage(reply, pictures);
  };
}
