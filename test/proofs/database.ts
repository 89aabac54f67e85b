// The embedded database killed again and again in the middle of writes, and fed with what is no message.

import { runCrashes } from '../../packages/embedded-mongodb/test/robustness/crash.ts';
import { runMalformed } from '../../packages/embedded-mongodb/test/robustness/malformed.ts';

type Print = (line: string) => void;

/** 100 times up to 10,000 random operations, ended by kill -9: nothing acknowledged lost, every index equal to its documents. */
export async function proveDatabaseCrashes(print: Print): Promise<void> {
  const kills = 100;
  const { acknowledged } = await runCrashes({ kills, operations: 10_000, seed: 1 });
  print(`${kills} kills, ${acknowledged} acknowledged writes, none lost, indexes equal to documents`);
}

/** 100,000 mutated messages: no crash of the process, no hang. */
export async function proveMalformedMessages(print: Print): Promise<void> {
  const sent = await runMalformed({ messages: 100_000, seed: 1 });
  print(`${sent} mutated messages: no crash, no hang`);
}
