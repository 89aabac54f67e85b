// From an interaction to its answer. Discord waits three seconds for a first response, so the answer is promised before any work is
// done, and what cannot be promised is not done: a press that Discord calls failed must not have scheduled anything.

import { type MessageComponentInteraction, MessageFlags, RESTJSONErrorCodes } from 'discord.js';
import type { AdapterLimits } from '../../chat/adapter.ts';
import type { Answer, Dispatch } from '../../chat/dispatch.ts';
import { explain } from '../../chat/explain.ts';
import type { Invocation } from '../../chat/invocation.ts';
import { AppError } from '../../domain/errors.ts';
import { within } from '../../within.ts';
import type { Compose } from './composing.ts';
import { type AnsweredInteraction, isDirect } from './events.ts';
import { isAnsweredOrOver, isMessageGone, isRefusal, isTokenOver } from './failures.ts';
import { createProgress, type Progress } from './progress.ts';
import { type DiscordMessage, renderMessage, renderSentence } from './render/message.ts';
import { renderModal } from './render/modal.ts';
import { isBrokenConnection } from './requests.ts';

/** A form must be the first response: Discord's three seconds, less the way there. */
const FORM_WITHIN_MS = 2_300;

type ReplyAnswer = Answer & { kind: 'reply' };

export interface AnsweringDeps {
  readonly dispatch: Dispatch;
  readonly limits: AdapterLimits;
  readonly compose: Compose;
  /** Turns the interaction into an Invocation whose clips report their progress. */
  readonly read: (interaction: AnsweredInteraction, progress: Progress) => Invocation;
  /** Where an answer goes that can no longer be shown at its interaction. */
  readonly sendDirect: (userId: string, message: DiscordMessage, key: string) => Promise<string | null>;
  /** The person sees an answer by now: more can be said to them at this interaction. */
  readonly seen: (interaction: AnsweredInteraction) => void;
  readonly log: { info(facts: object, message: string): void };
}

const editable = ({ components, files }: DiscordMessage) => ({
  components,
  files: files.map(({ name, data }) => ({ name, attachment: data })),
  flags: MessageFlags.IsComponentsV2 as const,
});

const addable = (message: DiscordMessage, isHidden: boolean) => ({
  ...editable(message),
  flags: MessageFlags.IsComponentsV2 | (isHidden ? MessageFlags.Ephemeral : 0),
});

/** Says something more at an interaction that was answered, for this person's eyes alone. */
export async function followUpHidden(interaction: AnsweredInteraction, message: DiscordMessage): Promise<void> {
  await interaction.followUp(addable(message, true));
}

/** Answers one interaction; one that Discord takes no answer to is left undone. */
export async function answerInteraction(interaction: AnsweredInteraction, deps: AnsweringDeps): Promise<void> {
  const { dispatch, limits, compose, log } = deps;
  const redraws = interaction.isMessageComponent() || (interaction.isModalSubmit() && interaction.isFromMessage());
  const progress = createProgress(showProgress, { log });
  const invocation = deps.read(interaction, progress);
  const { visibility, answersWith } = dispatch.foresee(invocation);
  // In direct messages there is nobody to hide from, and what is not hidden stays: the card can be answered and edited later.
  const isHidden = visibility === 'private' && !isDirect(interaction);

  /** A message of its own under a card that is being changed, which has no room for it and must outlive a refusal. */
  let aside: string | null = null;

  async function showProgress(words: string): Promise<void> {
    const message = renderSentence(words);
    if (!redraws) await interaction.editReply(editable(message));
    else if (aside) await interaction.editReply({ ...editable(message), message: aside });
    else aside = (await interaction.followUp(addable(message, true))).id;
  }

  /** The answer is there, so what told how far it is goes. */
  async function clearProgress(): Promise<void> {
    if (aside === null) return;
    await interaction.deleteReply(aside).catch(error => {
      if (!isMessageGone(error) && !isTokenOver(error)) throw error;
    });
  }

  /** Gives the message's id where it stays reachable, null where only this interaction reaches it. */
  async function show(answer: ReplyAnswer): Promise<string | null> {
    const message = await compose(answer.reply);
    try {
      if (redraws && answer.edits === null) return refOf(await interaction.followUp(addable(message, isHidden)));
      return refOf(await interaction.editReply(editable(message)));
    } catch (error) {
      if (isTokenOver(error)) return deps.sendDirect(interaction.user.id, message, invocation.key);
      if (!isMessageGone(error)) throw error;
      // Deleted meanwhile: the person still gets their answer.
      return refOf(await interaction.followUp(addable(message, isHidden)));
    }
  }

  const refOf = ({ id, flags }: { id: string; flags: { has(flag: MessageFlags): boolean } }): string | null =>
    isDirect(interaction) && !flags.has(MessageFlags.Ephemeral) ? id : null;

  try {
    if (answersWith === 'form' && interaction.isMessageComponent()) {
      await answerWithForm(interaction, invocation, deps);
      return;
    }
    await promise(interaction, () =>
      redraws
        ? interaction.deferUpdate()
        : interaction.deferReply({ flags: isHidden ? MessageFlags.Ephemeral : undefined }),
    );
  } catch (error) {
    if (!isAnsweredOrOver(error)) throw error;
    log.info({ interaction: interaction.id, reason: String(error) }, 'an interaction could not be answered in time');
    return;
  }
  const answer = await dispatch.handle(invocation, limits).finally(progress.stop);
  if (answer.kind === 'none') return;
  if (answer.kind === 'form') throw new TypeError(`${invocation.kind} opens a form without saying so beforehand`);
  const place = await show(answer);
  deps.seen(interaction);
  await answer.shown(place);
  await clearProgress();
  if (answer.next)
    await answer.next.shown(refOf(await interaction.followUp(addable(await compose(answer.next.reply), isHidden))));
}

/** The first response. Where the connection broke it is sent again; "already acknowledged" then tells that the first had arrived. */
async function promise(interaction: AnsweredInteraction, defer: () => Promise<unknown>): Promise<void> {
  try {
    await defer();
  } catch (error) {
    if (!isBrokenConnection(error)) throw error;
    await defer().catch(again => {
      if (!isRefusal(again, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged)) throw again;
      interaction.deferred = true;
    });
  }
}

/** The handler runs before the response, which must be the form itself. */
async function answerWithForm(
  interaction: MessageComponentInteraction,
  invocation: Invocation,
  { dispatch, limits }: AnsweringDeps,
): Promise<void> {
  const answer = await within(dispatch.handle(invocation, limits), FORM_WITHIN_MS, null);
  if (answer?.kind === 'none') return;
  if (answer?.kind === 'form') {
    await interaction.showModal(renderModal(answer.form));
    return;
  }
  // Forms are made from the database alone: one that is not there in time says that the database is not.
  const reply = answer ? answer.reply : explain(new AppError('database_unavailable'), '');
  await interaction.reply(addable(renderMessage(reply), !isDirect(interaction)));
  await answer?.shown(null);
}
