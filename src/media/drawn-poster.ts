// Draws a picture for a clip of which none could be decoded: a frame of its shape, a play mark, its length and size. Pure.

import { encode } from 'fast-png';
import { POSTER_MAX_SIDE } from './poster.ts';

type Colour = readonly [red: number, green: number, blue: number];

const TOP: Colour = [58, 62, 84];
const BOTTOM: Colour = [28, 29, 41];
const EDGE: Colour = [104, 110, 142];
const MARK: Colour = [240, 241, 248];
const EDGE_PIXELS = 3;
/** A picture of few colours is small either way, and it is drawn where people wait. */
const FAST = { zlib: { level: 1 } } as const;
/** Narrow enough for any film, wide enough for the words. */
const SIDE_MIN = 112;
const LETTER_WIDTH = 5;
const LETTER_HEIGHT = 7;

/** What lengths and sizes are written with; five bits a row, from the top. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  ':': [0, 4, 4, 0, 4, 4, 0],
  '.': [0, 0, 0, 0, 0, 4, 4],
  k: [16, 16, 18, 20, 24, 20, 18],
  B: [30, 17, 17, 30, 17, 17, 30],
  M: [17, 27, 21, 21, 17, 17, 17],
};

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** @param words lines below the play mark, of digits, colons, points and "kMB"; other letters stay blank */
export function drawPoster(shape: { width: number; height: number }, words: readonly string[]): Buffer {
  const canvas = openCanvas(shape);
  const { width, height, pixels } = canvas;
  const [middleX, middleY] = [width / 2, height * 0.36];
  const markRadius = Math.min(width, height) * 0.17;
  fill(canvas, 0, 0, width, height, EDGE);
  for (let y = EDGE_PIXELS; y < height - EDGE_PIXELS; y++)
    fill(canvas, EDGE_PIXELS, y, width - 2 * EDGE_PIXELS, 1, mix(TOP, BOTTOM, y / height));
  drawPlayMark(canvas, middleX, middleY, markRadius);
  const longest = Math.max(...words.map(({ length }) => length));
  const scale = Math.min(
    Math.round(Math.min(width, height) / 60),
    Math.floor((width * 0.95) / (longest * (LETTER_WIDTH + 1))),
  );
  let top = Math.round(middleY + markRadius * 1.5);
  for (const line of words) {
    write(canvas, line, top, scale);
    top += (LETTER_HEIGHT + 3) * scale;
  }
  return Buffer.from(encode({ width, height, data: pixels, channels: 3, depth: 8 }, FAST));
}

function openCanvas(shape: { width: number; height: number }): Canvas {
  const scale = POSTER_MAX_SIDE / Math.max(shape.width, shape.height, 1);
  const fit = (side: number) => Math.max(SIDE_MIN, Math.round(side * scale));
  const [width, height] = [fit(shape.width), fit(shape.height)];
  return { width, height, pixels: new Uint8Array(width * height * 3) };
}

/** A triangle that points to the right. */
function drawPlayMark(canvas: Canvas, middleX: number, middleY: number, radius: number): void {
  const left = Math.round(middleX - radius * 0.6);
  for (let y = Math.round(-radius); y <= radius; y++) {
    const right = middleX + radius - Math.abs(y) / 0.6;
    fill(canvas, left, Math.round(middleY) + y, Math.round(right) - left, 1, MARK);
  }
}

function write(canvas: Canvas, line: string, top: number, scale: number): void {
  const step = (LETTER_WIDTH + 1) * scale;
  const left = Math.round((canvas.width - line.length * step + scale) / 2);
  for (const [index, letter] of [...line].entries())
    for (const [row, bits] of (LETTERS[letter] ?? []).entries())
      for (let column = 0; column < LETTER_WIDTH; column++)
        if (bits & (1 << (LETTER_WIDTH - 1 - column)))
          fill(canvas, left + index * step + column * scale, top + row * scale, scale, scale, MARK);
}

function fill({ width, pixels }: Canvas, left: number, top: number, wide: number, high: number, colour: Colour): void {
  const [red, green, blue] = colour;
  for (let y = top; y < top + high; y++)
    for (let at = (y * width + left) * 3, end = at + wide * 3; at < end; at += 3) {
      pixels[at] = red;
      pixels[at + 1] = green;
      pixels[at + 2] = blue;
    }
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const at = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}
