// The two shapes in which TikTok answers: the Open API's envelope `{data, error: {code, message, log_id}}`, where only
// `error.code == "ok"` means success whatever the HTTP status, and the flat OAuth bodies `{error, error_description, log_id}`.
// Sources: tiktok-api-v2-error-handling, oauth-error-handling.

import { z } from 'zod';
import { AppError, type ErrorFacts } from '../domain/errors.ts';
import { errorOfOAuth, errorOfWire } from './error-table.ts';

interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

const Envelope = z.object({
  data: z.unknown(),
  error: z.object({ code: z.string(), log_id: z.string().optional(), logid: z.string().optional() }),
});

const OAuthRefusal = z.object({ error: z.string().min(1), log_id: z.string().optional() });

/**
 * The `data` of an answer that says "ok".
 * @param facts what the words for a refusal of this call may need besides TikTok's code
 * @throws AppError the table's code for a refusal; `tiktok_answer_unreadable` where success cannot be understood
 */
export function readEnvelope<T>({ status, text }: TextAnswer, data: z.ZodType<T>, facts?: ErrorFacts): T {
  const envelope = Envelope.safeParse(parseJson(text));
  if (!envelope.success) throw unreadable(status, 'no envelope');
  const { code, log_id, logid } = envelope.data.error;
  if (code !== 'ok') throw errorOfWire({ httpStatus: status, wireCode: code, logId: log_id ?? logid, facts });
  if (status >= 400) throw errorOfWire({ httpStatus: status, logId: log_id ?? logid });
  return readData(envelope.data.data, data, status);
}

/**
 * A flat OAuth body that says no refusal.
 * @throws AppError as `readEnvelope`; a 200 with `{error}` is a refusal too
 */
export function readOAuth<T>({ status, text }: TextAnswer, data: z.ZodType<T>): T {
  const body = parseJson(text);
  if (body === undefined) throw unreadable(status, 'no JSON');
  return readOAuthBody(body, data, status);
}

/** `readOAuth` for a body that was parsed elsewhere. */
export function readOAuthBody<T>(body: unknown, data: z.ZodType<T>, status = 200): T {
  const refusal = OAuthRefusal.safeParse(body);
  if (refusal.success)
    throw errorOfOAuth({ httpStatus: status, wireCode: refusal.data.error, logId: refusal.data.log_id });
  const envelope = Envelope.safeParse(body);
  if (envelope.success && envelope.data.error.code !== 'ok')
    throw errorOfWire({ httpStatus: status, wireCode: envelope.data.error.code, logId: envelope.data.error.log_id });
  if (status >= 400) throw errorOfOAuth({ httpStatus: status });
  return readData(body, data, status);
}

/** The issues' paths are named, never the values: a token answer that lost one field still holds the others. */
function readData<T>(value: unknown, schema: z.ZodType<T>, status: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(issue => issue.path.join('.') || '(answer)');
  throw new AppError('tiktok_answer_unreadable', { httpStatus: status, fields: fields.join(', ') });
}

/** Proxies answer 4xx and 5xx in HTML: their status still says what to do. */
const unreadable = (status: number, reason: string): AppError =>
  status >= 400
    ? errorOfWire({ httpStatus: status })
    : new AppError('tiktok_answer_unreadable', { httpStatus: status, reason });

/** The third argument of a reviver, which TypeScript's library does not know before ES2025. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * The value of a JSON text, or undefined where it is none. Integers beyond 2^53, as TikTok's post ids are, become strings of their
 * digits: as numbers they would silently be rounded to another post's id.
 */
export function parseJson(text: string): unknown {
  try {
    return parseWithSource(text, (_key, value, { source }) =>
      typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? source : value,
    );
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
