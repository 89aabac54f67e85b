/** Decimal128 as exact parts, and the arithmetic that MongoDB does with it (34 digits, half to even). */
import { createRequire } from 'node:module';
import type { Decimal } from './values.ts';

const require = createRequire(import.meta.url);
let loaded: typeof import('bson').Decimal128 | null = null;

/** Loaded with the first decimal: the library takes as long as the rest of the server, and few databases have any. */
function decimal128(): typeof import('bson').Decimal128 {
  loaded ??= (require('bson') as typeof import('bson')).Decimal128;
  return loaded;
}

/** value = (negative ? -1 : 1) * coefficient * 10^exponent; or one of the specials. */
export type Parts =
  | { special: 'nan' | 'infinity'; negative: boolean }
  | { special?: undefined; negative: boolean; coefficient: bigint; exponent: number };

type Finite = Extract<Parts, { special?: undefined }>;

const MAX_DIGITS = 34;
const MIN_EXPONENT = -6176;
const MAX_EXPONENT = 6111;
const LOW_113 = (1n << 113n) - 1n;
const MAX_COEFFICIENT = 10n ** 34n - 1n;

/** Reads the binary-integer encoding of IEEE 754-2008 decimal128, which is what BSON stores. */
export function decimalParts(decimal: Decimal): Parts {
  const view = new DataView(decimal.bytes.buffer, decimal.bytes.byteOffset, 16);
  const high = view.getBigUint64(8, true);
  const negative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 31n);
  if (combination === 31) return { special: 'nan', negative: false };
  if (combination === 30) return { special: 'infinity', negative };
  if (combination >= 24) {
    // A coefficient above 2^113 is not canonical: the standard reads it as zero.
    return { negative, coefficient: 0n, exponent: Number((high >> 47n) & 0x3fffn) - 6176 };
  }
  const exponent = Number((high >> 49n) & 0x3fffn) - 6176;
  const coefficient = ((high << 64n) | view.getBigUint64(0, true)) & LOW_113;
  return { negative, coefficient: coefficient > MAX_COEFFICIENT ? 0n : coefficient, exponent };
}

export function decimalFromString(text: string): Decimal {
  return { kind: 'decimal', bytes: decimal128().fromStringWithRounding(text).bytes };
}

export function decimalToString(decimal: Decimal): string {
  return new (decimal128())(decimal.bytes).toString();
}

export function decimalFromParts(parts: Parts): Decimal {
  if (parts.special === 'nan') return decimalFromString('NaN');
  if (parts.special === 'infinity') return decimalFromString(parts.negative ? '-Infinity' : 'Infinity');
  const rounded = roundToDigits(parts as Finite);
  let { coefficient, exponent } = rounded;
  while (exponent > MAX_EXPONENT && coefficient !== 0n && coefficient * 10n <= MAX_COEFFICIENT) {
    coefficient *= 10n;
    exponent -= 1;
  }
  if (exponent > MAX_EXPONENT) {
    if (coefficient !== 0n) return decimalFromParts({ special: 'infinity', negative: parts.negative });
    exponent = MAX_EXPONENT;
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, coefficient & 0xffffffffffffffffn, true);
  const sign = parts.negative ? 1n << 63n : 0n;
  view.setBigUint64(8, sign | (BigInt(exponent + 6176) << 49n) | (coefficient >> 64n), true);
  return { kind: 'decimal', bytes };
}

function roundToDigits(parts: Finite): Finite {
  const digits = parts.coefficient.toString().length;
  const drop = Math.max(digits - MAX_DIGITS, MIN_EXPONENT - parts.exponent, 0);
  if (drop === 0) return parts;
  const divisor = 10n ** BigInt(drop);
  let coefficient = parts.coefficient / divisor;
  const rest = (parts.coefficient % divisor) * 2n;
  if (rest > divisor || (rest === divisor && coefficient % 2n === 1n)) coefficient += 1n;
  const rounded = { negative: parts.negative, coefficient, exponent: parts.exponent + drop };
  return coefficient > MAX_COEFFICIENT ? roundToDigits(rounded) : rounded;
}

const DOUBLE = new DataView(new ArrayBuffer(8));

/** The exact decimal expansion of a double (every double has one). */
export function partsOfDouble(value: number): Parts {
  if (Number.isNaN(value)) return { special: 'nan', negative: false };
  if (!Number.isFinite(value)) return { special: 'infinity', negative: value < 0 };
  DOUBLE.setFloat64(0, value);
  const bits = DOUBLE.getBigUint64(0);
  const negative = bits >> 63n === 1n;
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  if (exponent >= 0) return { negative, coefficient: mantissa << BigInt(exponent), exponent: 0 };
  return { negative, coefficient: mantissa * 5n ** BigInt(-exponent), exponent };
}

export function partsOfInteger(value: bigint): Finite {
  return { negative: value < 0n, coefficient: value < 0n ? -value : value, exponent: 0 };
}

/** A double becomes a decimal of 15 significant digits, zeros too, as MongoDB's conversion does. */
export function decimalFromDouble(value: number): Decimal {
  if (Number.isNaN(value)) return decimalFromString('NaN');
  if (!Number.isFinite(value)) return decimalFromString(value < 0 ? '-Infinity' : 'Infinity');
  if (value === 0) return decimalFromString(Object.is(value, -0) ? '-0' : '0');
  return decimalFromString(value.toPrecision(15));
}

export function compareParts(left: Parts, right: Parts): number {
  if (left.special === 'nan' || right.special === 'nan') {
    return Number(right.special === 'nan') - Number(left.special === 'nan');
  }
  const leftSign = signOf(left);
  const rightSign = signOf(right);
  if (leftSign !== rightSign) return leftSign - rightSign;
  if (leftSign === 0) return 0;
  if (left.special || right.special) {
    return leftSign * (Number(left.special === 'infinity') - Number(right.special === 'infinity'));
  }
  const leftMagnitude = left.coefficient.toString().length + left.exponent;
  const rightMagnitude = right.coefficient.toString().length + right.exponent;
  if (leftMagnitude !== rightMagnitude) return leftSign * (leftMagnitude - rightMagnitude);
  const [a, b] = alignExponents(left, right);
  return a === b ? 0 : leftSign * (a < b ? -1 : 1);
}

function signOf(parts: Parts): number {
  if (!parts.special && parts.coefficient === 0n) return 0;
  return parts.negative ? -1 : 1;
}

function alignExponents(left: Finite, right: Finite): [bigint, bigint, number] {
  const exponent = Math.min(left.exponent, right.exponent);
  const a = left.coefficient * 10n ** BigInt(left.exponent - exponent);
  const b = right.coefficient * 10n ** BigInt(right.exponent - exponent);
  return [a, b, exponent];
}

export function addParts(left: Parts, right: Parts): Parts {
  if (left.special === 'nan' || right.special === 'nan') return { special: 'nan', negative: false };
  if (left.special && right.special) {
    return left.negative === right.negative ? left : { special: 'nan', negative: false };
  }
  if (left.special) return left;
  if (right.special) return right;
  // Numbers more than 40 digits apart: the smaller one can only move the rounding, which half-even then hides.
  if (Math.abs(left.exponent - right.exponent) > 400) {
    const leftTop = left.coefficient === 0n ? -1e9 : left.coefficient.toString().length + left.exponent;
    const rightTop = right.coefficient === 0n ? -1e9 : right.coefficient.toString().length + right.exponent;
    if (Math.abs(leftTop - rightTop) > 80) return leftTop > rightTop ? left : right;
  }
  const [a, b, exponent] = alignExponents(left, right);
  const sum = (left.negative ? -a : a) + (right.negative ? -b : b);
  return { negative: sum < 0n, coefficient: sum < 0n ? -sum : sum, exponent };
}

export function multiplyParts(left: Parts, right: Parts): Parts {
  const negative = left.negative !== right.negative;
  if (left.special === 'nan' || right.special === 'nan') return { special: 'nan', negative: false };
  if (left.special || right.special) {
    if (signOf(left) === 0 || signOf(right) === 0) return { special: 'nan', negative: false };
    return { special: 'infinity', negative };
  }
  return { negative, coefficient: left.coefficient * right.coefficient, exponent: left.exponent + right.exponent };
}

/** Division by zero is the caller's to refuse. */
export function divideParts(left: Parts, right: Parts): Parts {
  const negative = left.negative !== right.negative;
  if (left.special || right.special) {
    if (left.special === 'nan' || right.special === 'nan' || (left.special && right.special)) {
      return { special: 'nan', negative: false };
    }
    return left.special ? { special: 'infinity', negative } : { negative, coefficient: 0n, exponent: MIN_EXPONENT };
  }
  const scale = 80;
  const quotient = (left.coefficient * 10n ** BigInt(scale)) / right.coefficient;
  let parts: Finite = { negative, coefficient: quotient, exponent: left.exponent - right.exponent - scale };
  const ideal = left.exponent - right.exponent;
  while (parts.exponent < ideal && parts.coefficient % 10n === 0n && parts.coefficient !== 0n) {
    parts = { negative, coefficient: parts.coefficient / 10n, exponent: parts.exponent + 1 };
  }
  return parts;
}

/** Exact, with the sign of the dividend. A divisor of zero is the caller's to refuse. */
export function remainderParts(left: Parts, right: Parts): Parts {
  if (left.special || right.special === 'nan') return { special: 'nan', negative: false };
  if (right.special) return left;
  const [a, b, exponent] = alignExponents(left, right);
  return { negative: left.negative, coefficient: a % b, exponent };
}

/** Towards zero; `null` for NaN, infinities and magnitudes that cannot matter to a 64-bit integer. */
export function truncateParts(parts: Parts): bigint | null {
  if (parts.special || parts.exponent > 40) return null;
  if (parts.exponent < -7000) return 0n;
  const magnitude =
    parts.exponent >= 0
      ? parts.coefficient * 10n ** BigInt(parts.exponent)
      : parts.coefficient / 10n ** BigInt(-parts.exponent);
  return parts.negative ? -magnitude : magnitude;
}

export function doubleOfDecimal(decimal: Decimal): number {
  return Number(decimalToString(decimal));
}
