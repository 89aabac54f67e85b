/** The parts that every route of the simulator works on, put together over one database. */
import type { DatabaseSync } from 'node:sqlite';
import { createFaults, type Faults } from './faults.ts';
import { createJournal, type Journal } from './journal.ts';
import { createGrants, type Grants } from './oauth/grants.ts';
import { type CapUsage, createCapUsage } from './posting/caps.ts';
import { createRateLimits, type RateLimits } from './posting/limits.ts';
import { createPublishes, type Publishes } from './posting/publishes.ts';
import { createSettings, type SettingsStore } from './settings.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

/** The part of a pino logger that the simulator uses. */
export interface SimulatorLog {
  error(facts: object, message: string): void;
}

export interface State {
  db: DatabaseSync;
  clock: () => number;
  dataDir: string;
  /** Where browsers and apps reach the simulator; known once it listens. */
  origin: () => string;
  log: SimulatorLog | undefined;
  settings: SettingsStore;
  faults: Faults;
  journal: Journal;
  grants: Grants;
  rateLimits: RateLimits;
  caps: CapUsage;
  publishes: Publishes;
  webhooks: Webhooks;
}

export function createState(deps: {
  db: DatabaseSync;
  clock: () => number;
  random: () => number;
  dataDir: string;
  origin: () => string;
  log: SimulatorLog | undefined;
}): State {
  const { db, clock, random } = deps;
  const settings = createSettings(db);
  const journal = createJournal(db, clock);
  const faults = createFaults(db, clock, random, journal);
  const grants = createGrants(db, clock, settings, journal);
  const rateLimits = createRateLimits(db, clock, settings, journal);
  const caps = createCapUsage(db);
  const publishes = createPublishes({ db, clock, settings, journal, caps, webhooks: () => webhooks });
  const webhooks: Webhooks = createWebhooks({ db, clock, random, settings, journal, settle: publishes.settle });
  return { ...deps, settings, faults, journal, grants, rateLimits, caps, publishes, webhooks };
}
