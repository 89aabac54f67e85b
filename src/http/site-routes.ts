// Routes of the landing page, the privacy policy and the terms.

import type { FastifyInstance } from 'fastify';
import { sendPage } from './html.ts';
import { landingPage, privacyPage, type SiteFacts, termsPage } from './site-pages.ts';

export function siteRoutes(app: FastifyInstance, facts: SiteFacts): void {
  app.get('/', (_request, reply) => sendPage(reply, landingPage(facts)));
  app.get('/privacy', (_request, reply) => sendPage(reply, privacyPage(facts)));
  app.get('/terms', (_request, reply) => sendPage(reply, termsPage(facts)));
}
