// What a draft's card says about its clip: doubts, the same clip posted before, and the way to the upload page while there is none.

import { type Block, button, type Control, link, note, type Span, text } from '#chat/reply.ts';
import { roundSizeWords } from '#domain/clip.ts';
import { type Doubt, findDoubts } from '#domain/clip-rules.ts';
import type { Post } from '#domain/post-record.ts';
import type { IdOf } from './composer-parts.ts';
import { headingOf } from './post-card.ts';
import { dueSpans } from './words.ts';

/** A link to the upload page. */
export interface UploadLink {
  readonly url: string;
  readonly limitBytes: number;
  /** It opens only in a browser of the machine that Clipcue runs on. */
  readonly isHereOnly: boolean;
}

interface ClipView {
  readonly post: Post;
  readonly uploadLink: UploadLink | null;
  readonly sameClip: Post | null;
}

const DOUBTS: Record<Doubt['kind'], (facts: Doubt['facts']) => string> = {
  short: ({ seconds }) => `This clip has ${seconds} s only; TikTok may refuse clips under 3 s.`,
  silent: () => 'This clip has no sound.',
  codec_not_preferred: ({ codec }) =>
    `This clip is in ${codec}, which TikTok takes but may show in lower quality than H.264.`,
};

export function clipHints({ post, uploadLink, sameClip }: ClipView): Block[] {
  if (uploadLink)
    return [
      text(
        `Upload the clip in your browser, up to ${roundSizeWords(uploadLink.limitBytes)}. The link is yours alone, opens once, and waits for 30 minutes.`,
      ),
      ...(uploadLink.isHereOnly
        ? [
            note(
              'It opens on the computer that Clipcue runs on and nowhere else; PUBLIC_URL in Clipcue’s README changes that.',
            ),
          ]
        : []),
    ];
  if (!post.clip) return [];
  const doubts = findDoubts(post.clip).map(({ kind, facts }) => note(DOUBTS[kind](facts)));
  return sameClip ? [...doubts, note(...sameClipSpans(sameClip))] : doubts;
}

/** When and where the very same clip went. */
function sameClipSpans(other: Post): Span[] {
  const account = other.creator?.nickname;
  const at: Span[] = other.due ? [', ', ...dueSpans(other.due)] : [];
  return [
    'You have another post with this very clip (',
    headingOf(other).toLowerCase(),
    ...(account ? [`, ${account}`] : []),
    ...at,
    '). Schedule this one only if you want it twice.',
  ];
}

export function uploadControls({ post, uploadLink }: ClipView, idOf: IdOf): Control[] {
  if (uploadLink) return [link('Upload the clip', uploadLink.url)];
  return post.clip ? [] : [button('Upload in the browser', idOf('upload'))];
}
