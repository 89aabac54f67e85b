// Canaries: tokens planted in every kind of error, sent through every place where an error ends in the log. None may reach a line.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errors as undici } from 'undici';
import type { AdapterLimits } from '#chat/adapter.ts';
import type { Command } from '#chat/command.ts';
import { createDispatch } from '#chat/dispatch.ts';
import type { Invocation } from '#chat/invocation.ts';
import { AppError } from '#domain/errors.ts';
import type { User } from '#domain/user.ts';
import { createLog, type Log } from '#log.ts';
import { createSweep } from '#services/sweep.ts';

const CLIENT_SECRET = 'cLiEnT"s3cret\\of/TikTok';
const ACCESS_TOKEN = 'act.cAnArY9f1c2d3e4a5b6c7d8e9f!4027.u1';
const REFRESH_TOKEN = 'rft.cAnArY9f1c2d3e4a5b6c7d8e9f!4027.u1';
const UPLOAD_TOKEN = 'cAnArYuploadtoken';
const UPLOAD_URL = `https://open-upload.tiktokapis.com/video/?upload_id=67&upload_token=${UPLOAD_TOKEN}`;
const PASSWORD = 'cAnArYpassword';
const MONGODB_URI = `mongodb://clips:${PASSWORD}@db.example/clipcue`;
const CANARIES = ['cAnArY', CLIENT_SECRET, JSON.stringify(CLIENT_SECRET).slice(1, -1), 's3cret'];

/** All of the canaries, as one text. */
const PLANTED = [CLIENT_SECRET, ACCESS_TOKEN, REFRESH_TOKEN, UPLOAD_URL, MONGODB_URI].join('\n');

const withFields = (error: Error, fields: object): Error => Object.assign(error, fields);

/** Errors of every make that a step may meet. */
const ERRORS: Readonly<Record<string, () => unknown>> = {
  'a message': () => new Error(PLANTED),
  'a message in JSON': () => new Error(`answer was ${JSON.stringify({ access_token: ACCESS_TOKEN, PLANTED })}`),
  'JSON in a message in JSON': () => new Error(JSON.stringify(JSON.stringify({ PLANTED }))),
  'a stack': () => withFields(new Error('x'), { stack: `Error: ${PLANTED}\n    at open (${UPLOAD_URL}:1:1)` }),
  'a cause': () => new AppError('tiktok_unreachable', {}, { cause: new Error(PLANTED) }),
  'a cause of a cause': () =>
    new AppError('unknown', {}, { cause: new AppError('tiktok_timeout', {}, { cause: new Error(PLANTED) }) }),
  'a cause that is no error': () => new AppError('unknown', {}, { cause: { headers: [PLANTED] } }),
  'facts of an AppError': () => new AppError('tiktok_request_invalid', { words: PLANTED }),
  'several errors in one': () => new AggregateError([new Error(PLANTED), { PLANTED }], PLANTED),
  'an error of undici': () => new undici.ResponseError(PLANTED, 401, { headers: { a: PLANTED }, body: PLANTED }),
  'an error with the request on it': () =>
    withFields(new Error('ECONNRESET'), {
      code: 'ECONNRESET',
      options: { path: UPLOAD_URL, headers: ['authorization', `Bearer ${ACCESS_TOKEN}`] },
      body: `client_secret=${encodeURIComponent(CLIENT_SECRET)}&refresh_token=${REFRESH_TOKEN}`,
    }),
  'an error of the database': () =>
    withFields(new Error(`connect to ${MONGODB_URI} failed`), { credentials: { password: PASSWORD } }),
  'a list': () => withFields(new Error('x'), { list: [[PLANTED], [{ deep: [{ deeper: PLANTED }] }]] }),
  'a key': () => withFields(new Error('x'), { [PLANTED]: 1 }),
  'its name': () => withFields(new Error('x'), { name: PLANTED }),
  'text that was thrown': () => PLANTED,
};

/** The secrets that configuration would register. */
const SECRETS = [CLIENT_SECRET, MONGODB_URI, PASSWORD];

function openLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: createLog({ level: 'trace', secrets: SECRETS, write: line => lines.push(line) }) };
}

function assertClean(lines: readonly string[], atLeast = 1): void {
  assert.ok(lines.length >= atLeast, `the failure should be in the log; ${lines.length} lines are`);
  for (const line of lines) {
    for (const canary of CANARIES) assert.ok(!line.includes(canary), `${canary} reached the log: ${line}`);
    JSON.parse(line);
  }
}

describe('a token never reaches the log', () => {
  for (const [name, makeError] of Object.entries(ERRORS)) {
    it(`in ${name}, whatever the field`, () => {
      const { log, lines } = openLog();
      const error = makeError();
      log.error({ err: error }, 'failed');
      log.error(error instanceof Error ? error : { error }, 'failed');
      log.error({ error, nested: { error, list: [error] } }, 'failed');
      log.error(`failed: ${error instanceof Error ? error.message : error}`);
      log.error('failed: %s %o', String(error), { error });
      log.child({ bound: String(error) }).error({ err: error }, PLANTED);
      assertClean(lines, 6);
    });

    it(`in ${name}, thrown by a command`, async () => {
      const { log, lines } = openLog();
      const answer = await failInDispatch(log, makeError);
      assertClean(lines);
      for (const canary of CANARIES) assert.ok(!answer.includes(canary), `${canary} reached the chat: ${answer}`);
    });

    it(`in ${name}, thrown by a sweep`, async () => {
      const { log, lines } = openLog();
      const sweep = createSweep({
        name: 'canaries',
        everyMs: 60_000,
        clock: () => 0,
        log,
        run: () => Promise.reject(makeError()),
      });
      const ended = new Promise<void>(resolve => {
        const write = lines.push.bind(lines);
        lines.push = (...items) => {
          resolve();
          return write(...items);
        };
      });
      sweep.start();
      await ended;
      await sweep.stop();
      assertClean(lines);
    });
  }
});

/** A command that throws; gives what the chat shows. */
async function failInDispatch(log: Log, makeError: () => unknown): Promise<string> {
  const broken: Command<null> = {
    name: 'broken',
    summary: 'Throws',
    visibility: 'private',
    options: [
      {
        kind: 'text',
        maxLength: 9,
        name: 'x',
        summary: 'x',
        required: false,
        suggest: () => Promise.reject(makeError()),
      },
    ],
    actions: {},
    forms: {},
    run: () => Promise.reject(makeError()),
  };
  const dispatch = createDispatch<null>({
    set: {
      commands: [broken],
      clips: () => Promise.reject(makeError()),
      text: () => Promise.reject(makeError()),
      start: () => Promise.reject(makeError()),
    },
    services: null,
    admit: async () => ({ id: 'u' }) as User,
    keepCard: async () => {},
    contacted: async () => {},
    clock: () => 0,
    newRequestId: () => 'a1b2c3d4',
    log,
  });
  const person = { platform: 'headless', personId: '1', name: PLANTED, chatId: '1' };
  const limits = { forms: true } as AdapterLimits;
  const base = { key: 'k', person, isPrivate: true } as const;
  const invocations: Invocation[] = [
    { ...base, kind: 'command', command: 'broken', options: { x: PLANTED } },
    { ...base, kind: 'clips', clips: [], text: PLANTED },
    { ...base, kind: 'text', text: PLANTED },
    { ...base, kind: 'start', payload: PLANTED },
  ];
  const answers: unknown[] = [];
  for (const invocation of invocations) {
    const answer = await dispatch.handle(invocation, limits);
    answers.push('reply' in answer ? answer.reply : answer);
  }
  await dispatch.suggest({ person, command: 'broken', option: 'x', text: PLANTED }, limits);
  return JSON.stringify(answers);
}
