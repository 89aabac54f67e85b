// Whether a program that the operator named can be run here and is what it should be. Asked once, at start: later a wrong path would only
// show in pictures and second opinions that nobody misses.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A program from a cold disk takes a second. */
const TIMEOUT_MS = 5_000;
const run = promisify(execFile);

/** Runs the program at `path` for its version. Never throws. */
export async function isProgram(path: string, name: 'ffmpeg' | 'ffprobe'): Promise<boolean> {
  const asked = await run(path, ['-version'], { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', env: {} }).catch(
    () => null,
  );
  return asked?.stdout.startsWith(`${name} version`) ?? false;
}
