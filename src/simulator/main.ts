/**
 * The simulator in a process of its own; its first line of output is its origin.
 * `node src/simulator/main.ts --port N --data DIR [--host H] [--settings JSON] [--seed N]`
 */
import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    settings: { type: 'string', default: '{}' },
    seed: { type: 'string' },
  },
});
if (values.data === undefined) throw new Error('Name a data folder: --data DIR');

const simulator = await startSimulator({
  dataDir: values.data,
  port: Number(values.port),
  host: values.host,
  settings: JSON.parse(values.settings),
  ...(values.seed !== undefined && { random: mulberry32(Number(values.seed)) }),
  log: { error: (facts, message) => process.stderr.write(`${message} ${JSON.stringify(facts)}\n`) },
});
process.stdout.write(`${simulator.origin}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.stop());

/** A small seeded generator, so that a run with faults by chance can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
