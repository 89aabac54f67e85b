/** What the forms of the control panel and of a creator's inbox do. Each ends where the person was. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { draftChoiceSchema } from '../control.ts';
import { faultSchema } from '../faults.ts';
import { refuseForeign } from '../foreign.ts';
import { REMOVED } from '../oauth/grants.ts';
import { disconnect } from '../posting/disconnect.ts';
import type { State } from '../state.ts';
import { html } from './html.ts';
import { layout, sendPage } from './page.ts';
import { ACCOUNT_SWITCHES, FAULT_PRESETS, NUMBER_FIELDS, panelPage, SWITCHES } from './panel.ts';

const JOURNAL_LINES = 40;

const form = z.record(z.string(), z.string());
const accountParams = z.object({ username: z.string() });
const draftParams = z.object({ publishId: z.string() });

export function addPanelRoutes(app: FastifyInstance, state: State): void {
  const { clock, faults, grants, journal, publishes, settings } = state;
  app.addHook('onRequest', refuseForeign);
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof z.ZodError)) throw error;
    const why = html`<section class="card"><h1>That does not fit</h1><p>${z.prettifyError(error)}</p><p><a href="/simulator">Back</a></p></section>`;
    return sendPage(reply, 400, layout('That does not fit', why));
  });

  app.get('/', (_request, reply) => reply.redirect('/simulator'));

  app.get('/simulator', (_request, reply) => {
    publishes.settle();
    const current = settings.current();
    const connected = Object.keys(current.accounts).map(username => {
      return [username, [...new Set(grants.liveOf(username).map(grant => grant.clientKey))]] as const;
    });
    const view = {
      settings: current,
      connected: Object.fromEntries(connected),
      faults: faults.list(),
      latest: journal.latest(JOURNAL_LINES),
    };
    return sendPage(reply, 200, panelPage(view));
  });

  app.post('/simulator/panel/settings', (request, reply) => {
    const fields = form.parse(request.body);
    const numbers = NUMBER_FIELDS.map(([name]) => [name, z.coerce.number().parse(fields[name])]);
    const switches = SWITCHES.map(([name]) => [name, fields[name] === 'on']);
    settings.change(Object.fromEntries([...numbers, ...switches]));
    return backToPanel(reply);
  });

  app.post('/simulator/panel/accounts/:username', (request, reply) => {
    const { username } = accountParams.parse(request.params);
    const fields = form.parse(request.body ?? {});
    const switches = ACCOUNT_SWITCHES.map(([name]) => [name, fields[name] === 'on']);
    settings.change({ accounts: { [username]: Object.fromEntries(switches) } });
    return backToPanel(reply);
  });

  app.post('/simulator/panel/accounts/:username/disconnect', (request, reply) => {
    const { username } = accountParams.parse(request.params);
    disconnect(state, z.object({ client_key: z.string() }).parse(request.body).client_key, username, REMOVED.byUser);
    return backToPanel(reply);
  });

  app.post('/simulator/panel/faults', (request, reply) => {
    const { preset } = z.object({ preset: z.enum(Object.keys(FAULT_PRESETS)) }).parse(request.body);
    const { fault, lastsMs } = FAULT_PRESETS[preset] ?? {};
    faults.add(faultSchema.parse({ ...fault, ...(lastsMs !== undefined && { until: clock() + lastsMs }) }));
    return backToPanel(reply);
  });

  app.post('/simulator/panel/faults/remove', (request, reply) => {
    faults.remove(z.object({ id: z.coerce.number().int() }).parse(request.body).id);
    return backToPanel(reply);
  });

  app.post('/simulator/panel/drafts/:publishId', (request, reply) => {
    const { username, privacy_level, title } = form.parse(request.body);
    publishes.finish(draftParams.parse(request.params).publishId, draftChoiceSchema.parse({ privacy_level, title }));
    return reply.redirect(`/@${username}`, 303);
  });
}

function backToPanel(reply: FastifyReply): FastifyReply {
  return reply.redirect('/simulator', 303);
}
