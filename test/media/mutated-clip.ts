// Clips with a few bytes overwritten, for reading what nobody writes; the same seed makes the same clip.

/** Overwrites up to eight places near either end, where the indexes are, with numbers that parsers trip over. */
export function mutate(original: Buffer, seed: number): Buffer {
  const bytes = Buffer.from(original);
  let state = seed;
  const random = (below: number) => {
    // Numerical Recipes' generator: any will do, as long as a seed repeats.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let i = random(8) + 1; i > 0; i--) {
    const at = 12 + random(8000);
    const place = random(2) ? at : bytes.length - at - 4;
    bytes.writeUInt32BE([0, 1, 0x7fffffff, 0xffffffff, random(0xffffffff)][random(5)] ?? 0, place);
  }
  return bytes;
}
