/** `/v2/oauth/token/` and `/v2/oauth/revoke/`: forms in, flat JSON out (oauth-user-access-token-management). */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { newLogId } from '../envelope.ts';
import { strikeable } from '../faults.ts';
import { disconnect } from '../posting/disconnect.ts';
import type { State } from '../state.ts';
import { REMOVED, sha256 } from './grants.ts';

/** RFC 6749's codes, with the status each travels with (TikTok does not say; clients have seen 200 too). */
const STATUS = {
  invalid_request: 400,
  invalid_grant: 400,
  unsupported_grant_type: 400,
  invalid_client: 401,
} as const;

class OauthError extends Error {
  readonly code: keyof typeof STATUS;

  constructor(code: keyof typeof STATUS, description: string) {
    super(description);
    this.code = code;
  }
}

const field = z.string().min(1).max(2000);
const clientSchema = z.object({ client_key: field, client_secret: field });
const tokenSchema = z.discriminatedUnion('grant_type', [
  z.object({
    grant_type: z.literal('authorization_code'),
    code: field,
    redirect_uri: field,
    code_verifier: z
      .string()
      .regex(/^[A-Za-z0-9\-._~]{43,128}$/)
      .optional(),
  }),
  z.object({ grant_type: z.literal('refresh_token'), refresh_token: field }),
]);
const revokeSchema = z.object({ token: field });

/** `app` must take forms and nothing else: a JSON body is one of the known mistakes. */
export function addTokenRoutes(app: FastifyInstance, state: State): void {
  const { faults, grants, journal, settings } = state;

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof OauthError) return refuse(reply, error, request.routeOptions.url);
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status < 500) {
      const message = 'The body must be application/x-www-form-urlencoded.';
      return refuse(reply, new OauthError('invalid_request', message), request.routeOptions.url);
    }
    throw error;
  });

  app.post('/v2/oauth/token/', strikeable(faults, 'token'), (request, reply) => {
    const clientKey = requireClient(request.body);
    const grantType = z.object({ grant_type: field }).safeParse(request.body).data?.grant_type;
    if (grantType !== undefined && !['authorization_code', 'refresh_token'].includes(grantType)) {
      throw new OauthError('unsupported_grant_type', 'The grant type is not supported.');
    }
    const form = tokenSchema.safeParse(request.body);
    if (!form.success) throw new OauthError('invalid_request', describe(form.error));
    const { data } = form;
    const tokens =
      data.grant_type === 'refresh_token'
        ? grants.refresh(clientKey, data.refresh_token)
        : grants.exchange({
            clientKey,
            code: data.code,
            redirectUri: data.redirect_uri,
            verifier: data.code_verifier,
          });
    if ('refused' in tokens) throw new OauthError('invalid_grant', tokens.refused);
    return reply.header('cache-control', 'no-store').send(tokens);
  });

  // TikTok does not say what becomes of a person's other grants to the app; here they all end, as in its app list.
  app.post('/v2/oauth/revoke/', strikeable(faults, 'revoke'), (request, reply) => {
    const clientKey = requireClient(request.body);
    const form = revokeSchema.safeParse(request.body);
    if (!form.success) throw new OauthError('invalid_request', describe(form.error));
    const caller = grants.caller(form.data.token);
    if (caller === undefined || caller.clientKey !== clientKey) {
      throw new OauthError('invalid_grant', 'Access token is invalid or expired.');
    }
    disconnect(state, clientKey, caller.username, REMOVED.byDeveloper);
    return reply.send({});
  });

  function requireClient(body: unknown): string {
    const form = clientSchema.safeParse(body);
    if (!form.success) throw new OauthError('invalid_request', describe(form.error));
    const client = settings.client(form.data.client_key);
    const isRight =
      client !== undefined &&
      timingSafeEqual(Buffer.from(sha256(client.secret)), Buffer.from(sha256(form.data.client_secret)));
    if (!isRight) throw new OauthError('invalid_client', 'Client key or secret is incorrect.');
    return form.data.client_key;
  }

  function refuse(reply: FastifyReply, { code, message }: OauthError, route: string | undefined): FastifyReply {
    journal.append('refused', { route, code, message });
    const status = settings.current().oauthErrorsAs200 ? 200 : STATUS[code];
    return reply.code(status).send({ error: code, error_description: message, log_id: newLogId() });
  }
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return `The request parameters are malformed: ${issue?.path.join('.') || 'body'}.`;
}
