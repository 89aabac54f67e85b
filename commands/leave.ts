// The end of /settings: everything that is kept about a person as one file, and deleting all of it, confirmed once.

import { encodeActionId } from '#chat/action-id.ts';
import type { ReplyAction } from '#chat/command.ts';
import { button, type Control, heading, note, type Reply, reply, text } from '#chat/reply.ts';
import type { Services } from '#services/services.ts';
import type { Context } from './command.ts';

const id = (action: string) => encodeActionId('settings', action);

export const leaveControls: Control[] = [
  button('What you keep about me', id('data')),
  button('Delete everything about me', id('leave'), 'danger'),
];

const posts = (count: number): string => (count === 1 ? 'one post' : `${count} posts`);

async function handOver(ctx: Context): Promise<Reply> {
  const { name, content } = await ctx.services.leaving.collect(ctx.user);
  return reply([
    text('Everything I keep about you, but for the clips themselves and the keys to your TikTok accounts.'),
    { kind: 'file', name, content },
  ]);
}

async function askOnce(ctx: Context): Promise<Reply> {
  const { cancelled, beyondRecall } = await ctx.services.leaving.foresee(ctx.user);
  return reply(
    [
      heading('Delete everything about you?'),
      text(
        cancelled > 0 ? `This cancels ${posts(cancelled)}, gives` : 'This gives',
        ' your TikTok connections back, and deletes your clips, your posts and your settings here. It cannot be undone.',
      ),
      ...(beyondRecall > 0
        ? [
            text(
              `${capital(posts(beyondRecall))} TikTok already has, or may have: those I cannot take back. Delete them in TikTok.`,
            ),
          ]
        : []),
      ...(ctx.user.role === 'owner'
        ? [note('You own this bot: it will be nobody’s until somebody uses the claim that its next start prints.')]
        : []),
      ...(ctx.user.role === 'member' ? [note('To come back you will need a new invitation.')] : []),
    ],
    {
      replaces: true,
      rows: [[button('Yes, delete everything', id('erase'), 'danger'), button('Keep it', id('keep'))]],
    },
  );
}

async function leave(ctx: Context): Promise<Reply> {
  const { cancelled, beyondRecall } = await ctx.services.leaving.leave(ctx.user);
  return reply(
    [
      heading('Everything about you is deleted'),
      ...(cancelled > 0 ? [text(`${capital(posts(cancelled))} will not be sent.`)] : []),
      ...(beyondRecall > 0
        ? [text(`${capital(posts(beyondRecall))} TikTok has, or may have: delete them there.`)]
        : []),
      text('The messages in this chat are yours to delete. Goodbye.'),
    ],
    { replaces: true },
  );
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

const action = (run: (ctx: Context) => Promise<Reply>): ReplyAction<Services> => ({
  answersWith: 'reply',
  visibility: 'private',
  run,
});

export const leaveActions = { data: action(handOver), leave: action(askOnce), erase: action(leave) };
