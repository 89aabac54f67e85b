// `npm run probe -- FILE... [--json]`: what each file is, and what each of TikTok's rules says to it. Ends with 0 where all are fit, with
// 1 where one is refused.

import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { wordsFor } from '#chat/explain.ts';
import type { ClipFacts } from '#domain/clip.ts';
import { judgeRules, type RuleVerdict } from '#domain/clip-rules.ts';
import { isAppError } from '#domain/errors.ts';
import { createSecondOpinion } from '#media/ffprobe.ts';
import { createProber } from '#media/probe.ts';

interface Report {
  readonly file: string;
  readonly fit: boolean;
  readonly facts: ClipFacts | null;
  /** Why the file could not be read as a clip at all. */
  readonly unreadable: string | null;
  readonly rules: readonly RuleVerdict[];
}

const MARKS: Record<RuleVerdict['verdict'], string> = { fit: 'ok   ', doubt: 'doubt', refused: 'NO   ' };
const print = (line: string) => process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
if (positionals.length === 0) {
  process.stderr.write('Say which files: npm run probe -- clip.mp4 [--json]\n');
  process.exit(2);
}

const { FFPROBE_PATH } = process.env;
const prober = createProber({ secondOpinion: FFPROBE_PATH ? createSecondOpinion(FFPROBE_PATH) : undefined });

async function report(file: string): Promise<Report> {
  try {
    const facts = await prober.probe(file);
    const rules = judgeRules(facts);
    return { file, fit: rules.every(({ verdict }) => verdict !== 'refused'), facts, unreadable: null, rules };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const words = error.code === 'clip_gone' ? 'There is no such file.' : wordsFor(error);
    return { file, fit: false, facts: null, unreadable: words, rules: [] };
  }
}

function show({ file, fit, facts, unreadable, rules }: Report): void {
  print(`${basename(file)}: ${fit ? 'fit for TikTok' : 'TikTok would refuse it'}`);
  if (unreadable) print(`  ${unreadable}`);
  if (facts)
    print(
      `  ${facts.container}, ${facts.videoCodec}, ${facts.audioCodec ?? 'no sound'}, ${facts.width} x ${facts.height}, ` +
        `${facts.frameRate} fps, ${facts.durationMs / 1000} s, ${(facts.bitRate / 1e6).toFixed(1)} Mbit/s, ${facts.sizeBytes} bytes`,
    );
  for (const { verdict, rule, value, limit } of rules)
    print(`  ${MARKS[verdict]} ${rule}: ${value}${limit && ` (${limit})`}`);
}

const reports: Report[] = [];
for (const file of positionals) reports.push(await report(file));
await prober.close();
if (values.json) print(JSON.stringify(reports, null, 2));
else for (const one of reports) show(one);
process.exitCode = reports.every(({ fit }) => fit) ? 0 : 1;
