// One process of bare Agenda. Prints `ready`; told `report`, how late each of its jobs began.

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import { connectDatabase } from '#stores/database.ts';
import { AGENDA_SETTINGS, type AgendaSettings, JOB } from './agenda.ts';

const { values } = parseArgs({
  options: { uri: { type: 'string' }, collection: { type: 'string' }, settings: { type: 'string' } },
});
const { connection } = await connectDatabase(values.uri ?? '');
if (!connection.db) throw new Error('the database is not open');
const backend = new MongoBackend({ mongo: connection.db, collection: values.collection ?? '' });
const agenda = new Agenda({ backend, ...AGENDA_SETTINGS[values.settings as AgendaSettings] });
await agenda.ready;

const lateMs: number[] = [];
agenda.define(JOB, async (job: Job<{ dueMs: number }>) => {
  lateMs.push(Date.now() - job.attrs.data.dueMs);
});
await agenda.start();
createInterface({ input: process.stdin }).on('line', () => process.stdout.write(`late ${JSON.stringify(lateMs)}\n`));
process.stdout.write('ready\n');
