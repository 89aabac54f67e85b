// What a clip's picture is: a small JPEG.

/** Enough to know a clip by. */
export const POSTER_MAX_SIDE = 320;
/** A JPEG of that size has a tenth of it. */
export const POSTER_MAX_BYTES = 100_000;

/** A whole JPEG of a size to be handed on. A process that was killed while it wrote leaves one without an end. */
export const isPoster = (bytes: Buffer): boolean =>
  bytes.length <= POSTER_MAX_BYTES &&
  bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) &&
  bytes.subarray(-2).equals(Buffer.from([0xff, 0xd9]));
