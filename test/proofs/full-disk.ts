// The disk fills up in the middle: whoever is sending is refused in words, nothing of their clip stays, and another person's small
// clip is taken and posted. On a small disk in memory, which only root can make.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDiskStore } from '#media/disk-store.ts';

const DISK_MB = 64;
const MB = 1_000_000;
const DEADLINE = { deadlineMs: 20_000 };

/** Why there can be no such disk here; null where there can. */
export function whyNoSmallDisk(): string | null {
  if (platform() !== 'linux') return 'only Linux has disks in memory';
  return process.getuid?.() === 0 ? null : 'only root can mount one';
}

export async function proveFullDisk(print: (line: string) => void): Promise<void> {
  const reason = whyNoSmallDisk();
  if (reason) return print(`left out: ${reason}`);
  const disk = mkdtempSync(join(tmpdir(), 'clipcue-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    rmSync(disk, { recursive: true });
    return print(`left out: mounting was refused (${error instanceof Error ? error.message.split('\n')[0] : error})`);
  }
  try {
    await fillInTheMiddle(disk, print);
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
}

async function fillInTheMiddle(disk: string, print: (line: string) => void): Promise<void> {
  const dir = join(disk, 'clips');
  const newId = () => randomBytes(12).toString('base64url');
  const open = (minFreeRatio: number) => createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1e9, minFreeRatio });
  const [careful, careless] = [await open(0.1), await open(0)];

  // Announced: refused before a byte is taken.
  await assert.rejects(careful.parts.begin(62 * MB), { code: 'storage_full' });
  // Unannounced, with somebody else filling the disk meanwhile; and one who looks at nothing until the disk itself says no.
  for (const store of [careful, careless]) {
    let sentBytes = 0;
    async function* endless() {
      for (; sentBytes < 200 * MB; sentBytes += MB) {
        if (sentBytes === 10 * MB) await writeFile(join(disk, 'somebody-else'), Buffer.alloc(20 * MB));
        yield Buffer.alloc(MB);
      }
    }
    await assert.rejects(store.receive(endless(), DEADLINE), { code: 'storage_full' });
    print(`refused after ${sentBytes / MB} MB; ${Math.round(freeBytes(disk) / MB)} MB are free again`);
    assert.deepEqual(readdirSync(dir), [], 'no partial file is left');

    // In parts, over the upload page.
    const mediaId = await store.parts.begin(20 * MB);
    await writeFile(join(disk, 'more'), Buffer.alloc(Math.floor(freeBytes(disk) - 8 * MB)));
    async function* part() {
      for (let at = 0; at < 20; at++) yield Buffer.alloc(MB);
    }
    const sending = store.parts.append(mediaId, { offset: 0, sizeBytes: 20 * MB, bytes: part() });
    await assert.rejects(sending, { code: 'storage_full' });
    assert.deepEqual(readdirSync(dir), [], 'no part is left');
    // Others go on with what little there is.
    const small = await careless.receive(
      (async function* () {
        yield Buffer.alloc(MB, 1);
      })(),
      DEADLINE,
    );
    assert.equal(small.sizeBytes, MB, 'a small clip of somebody else');
    await careless.remove(small.mediaId);
    rmSync(join(disk, 'somebody-else'));
    rmSync(join(disk, 'more'));
  }
}

const freeBytes = (path: string): number => {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
};
