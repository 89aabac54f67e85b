// The ids behind buttons, selects and forms: `v1:<command>:<action>:<entity>:<value>`. They carry everything a press needs, so a
// button on a week-old message works after any number of restarts. Ownership is checked again on every press.

import { AppError } from '../domain/errors.ts';

/** Telegram's limit for callback data, the tightest of all platforms (core.telegram.org/bots/api#inlinekeyboardbutton). */
export const ACTION_ID_LIMIT_BYTES = 64;

/** Characters of an id's value: what the longest command and action leave. */
export const ACTION_VALUE_LIMIT = 22;

const ENTITY = /^[A-Za-z0-9_-]{16}$/;
const PART = /^[a-z][a-z0-9-]*$/;
const VALUE = new RegExp(`^[A-Za-z0-9_.-]{0,${ACTION_VALUE_LIMIT}}$`);

export interface ActionId {
  readonly command: string;
  readonly action: string;
  /** The post, account or batch that the press is about; empty where there is none. */
  readonly entity: string;
  readonly value: string;
}

/** Builds an id. `entity` is a 16-character id or empty; `value` a short code or an entity id, 22 characters at most. */
export function encodeActionId(command: string, action: string, entity = '', value = ''): string {
  const id = `v1:${command}:${action}:${entity}:${value}`;
  const fits = PART.test(command) && PART.test(action) && (entity === '' || ENTITY.test(entity)) && VALUE.test(value);
  if (!fits || id.length > ACTION_ID_LIMIT_BYTES)
    throw new RangeError(`action id out of bounds: ${command}:${action} with value of ${value.length} characters`);
  return id;
}

/** Reads an id that came back from a platform. @throws AppError `button_unknown` for anything that we never made. */
export function decodeActionId(id: string): ActionId {
  const [version, command = '', action = '', entity = '', value = '', ...rest] = id.split(':');
  const known = version === 'v1' && rest.length === 0 && PART.test(command) && PART.test(action);
  if (!known || (entity !== '' && !ENTITY.test(entity)) || !VALUE.test(value)) throw new AppError('button_unknown');
  return { command, action, entity, value };
}

/** The same id with another value: what a select's choice makes of the select's own id. */
export const withValue = (id: string, value: string): string => {
  const { command, action, entity } = decodeActionId(id);
  return encodeActionId(command, action, entity, value);
};
