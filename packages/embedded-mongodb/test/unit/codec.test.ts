/** BSON bytes to values and back, and order-preserving keys. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decimal128, serialize } from 'bson';
import { compareValues } from '../../src/codec/compare.ts';
import { decimalFromString, decimalToString } from '../../src/codec/decimal.ts';
import { CodecError, decodeDocument } from '../../src/codec/decode.ts';
import { encodeDocument } from '../../src/codec/encode.ts';
import { encodeKey } from '../../src/codec/keys.ts';
import { addNumbers, multiplyNumbers } from '../../src/codec/numbers.ts';
import { date, doc, int, MAX_KEY, MIN_KEY, UNDEFINED, type Value } from '../../src/codec/values.ts';
import { createRandom } from '../fuzz/random.ts';
import { fields } from '../fuzz/values.ts';

describe('documents', () => {
  it('are refused when a name would end early', () => {
    assert.throws(() => encodeDocument(doc({ 'a\0b': 1 })), CodecError);
    assert.throws(() => encodeDocument(doc({ [`${'a'.repeat(40)}\0`]: 1 })), CodecError);
    assert.deepEqual(decodeDocument(encodeDocument(doc({ a: 'x\0y' }))).get('a'), 'x\0y');
  });

  it('come back byte for byte', () => {
    const random = createRandom(1);
    for (let round = 0; round < 500; round += 1) {
      const bytes = Buffer.from(serialize(fields(random), { ignoreUndefined: true }));
      assert.deepEqual(encodeDocument(decodeDocument(bytes)), bytes);
    }
  });

  it('keep every type, names that look like numbers, and long texts', () => {
    const value = doc({
      '10': int(1),
      '2': 1,
      __proto__x: 1n,
      text: 'é\u{1f600}'.repeat(100),
      symbol: { kind: 'symbol', value: 's' },
      code: { kind: 'javascript', code: 'f()' },
      scoped: { kind: 'javascriptWithScope', code: 'g()', scope: doc({ a: int(1) }) },
      pointer: { kind: 'dbPointer', namespace: 'a.b', hex: '0123456789abcdef01234567' },
      regex: { kind: 'regex', pattern: '^a', options: 'i' },
      none: UNDEFINED,
      low: MIN_KEY,
      high: MAX_KEY,
      nested: [doc({}), [], null],
    });
    const back = decodeDocument(encodeDocument(value));
    assert.deepEqual([...back.keys()], [...value.keys()]);
    assert.deepEqual(encodeDocument(back), encodeDocument(value));
  });

  it('larger than everything before them keep the types of what they are nested in', () => {
    // What an earlier document left behind must not show through.
    encodeDocument(doc({ text: 'j'.repeat(20_000) }));
    const value = doc({ cursor: doc({ batch: [doc({ text: 'x'.repeat(3_000_000) })] }) });
    assert.deepEqual(decodeDocument(encodeDocument(value)), value);
  });

  it('that are damaged end in a CodecError and nothing else', () => {
    const random = createRandom(2);
    let refused = 0;
    for (let round = 0; round < 3000; round += 1) {
      const bytes = Buffer.from(serialize(fields(random), { ignoreUndefined: true }));
      for (let flips = 1 + random.below(3); flips > 0; flips -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      try {
        decodeDocument(bytes);
      } catch (error) {
        assert.ok(error instanceof CodecError, `expected a CodecError, got ${error}`);
        refused += 1;
      }
    }
    assert.ok(refused > 500, `most damage should be found, found ${refused}`);
  });

  it('keep dates long before and long after 1970', () => {
    for (const ms of DATES) {
      const back = decodeDocument(bytesOfDate(ms));
      assert.deepEqual(encodeDocument(back), bytesOfDate(ms));
      if (Number.isSafeInteger(Number(ms))) assert.deepEqual(back, doc({ d: date(Number(ms)) }));
    }
  });

  it('nested too deeply are refused', () => {
    let deep: Value = int(1);
    for (let level = 0; level < 400; level += 1) deep = [deep];
    assert.throws(() => decodeDocument(encodeDocument(doc({ deep }))), CodecError);
  });
});

/** Around each place where one of the two halves of 64 bits turns over, and beyond what a double counts exactly. */
const DATES = [
  ...[-(2n ** 63n), -(2n ** 53n) - 1n, -(2n ** 53n), -8640000000000000n, -(2n ** 32n) - 1n, -(2n ** 32n), -5n, -1n],
  ...[0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 8640000000000000n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n],
];

function bytesOfDate(ms: bigint): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(16);
  bytes.write('\x09d\0', 4);
  bytes.writeBigInt64LE(ms, 7);
  return bytes;
}

const ORDERED: Value[][] = [
  [MIN_KEY],
  [UNDEFINED],
  [null],
  [Number.NaN],
  [Number.NEGATIVE_INFINITY, decimalFromString('-Infinity')],
  [decimalFromString('-1E+6000')],
  [-Number.MAX_VALUE],
  [-(2n ** 63n), -(2 ** 63)],
  [-9007199254740993n],
  [-9007199254740992n, -9007199254740992],
  [-1.5, decimalFromString('-1.50')],
  [decimalFromString('-1E-6000')],
  [0, -0, int(0), 0n, decimalFromString('0E+10')],
  [5e-324],
  [decimalFromString('0.1')],
  [0.1],
  [1, int(1), 1n, decimalFromString('1.00')],
  [9007199254740992n, 9007199254740992],
  [9007199254740993n],
  [9007199254740994],
  [2n ** 63n - 1n],
  [2 ** 63],
  [decimalFromString('1E+6000')],
  [Number.POSITIVE_INFINITY],
  [''],
  ['\0'],
  ['\0a'],
  ['a'],
  ['a\0'],
  ['ab'],
  ['b'],
  ['\uffff'],
  ['\u{10000}'],
  [doc({})],
  [doc({ a: int(1) }), doc({ a: 1 })],
  [doc({ a: int(1), b: int(1) })],
  [doc({ b: int(1) })],
  [doc({ a: 'x' })],
  [[]],
  [[int(1)]],
  [[int(1), int(2)]],
  [[int(2)]],
  [{ kind: 'binData', subtype: 5, bytes: Buffer.from([1]) }],
  [{ kind: 'binData', subtype: 0, bytes: Buffer.from([0, 0]) }],
  [{ kind: 'objectId', hex: '000000000000000000000000' }],
  [{ kind: 'objectId', hex: 'ffffffffffffffffffffffff' }],
  [false],
  [true],
  ...DATES.map(ms => [decodeDocument(bytesOfDate(ms)).get('d') as Value]),
  [{ kind: 'timestamp', value: 1n }],
  [{ kind: 'regex', pattern: 'a', options: '' }],
  [{ kind: 'regex', pattern: 'a', options: 'i' }],
  [MAX_KEY],
];

describe('order', () => {
  it('is the same for values and for their keys', () => {
    const flat = ORDERED.flatMap((equals, rank) => equals.map(value => ({ value, rank })));
    for (const left of flat) {
      for (const right of flat) {
        const expected = Math.sign(left.rank - right.rank);
        const what = `${JSON.stringify(left.rank)} against ${JSON.stringify(right.rank)}`;
        assert.equal(Math.sign(compareValues(left.value, right.value)), expected, `values ${what}`);
        const keys = Buffer.compare(encodeKey(left.value), encodeKey(right.value));
        assert.equal(Math.sign(keys), expected, `keys ${what}`);
      }
    }
  });
});

describe('decimals', () => {
  it('add and multiply as the standard says', () => {
    const sum = (a: string, b: string) => addNumbers(decimalFromString(a), decimalFromString(b));
    const text = (value: Value | null) => decimalToString(value as never);
    assert.equal(text(sum('0.1', '0.2')), '0.3');
    assert.equal(text(sum('9999999999999999999999999999999999', '1')), '1.000000000000000000000000000000000E+34');
    assert.equal(text(sum('Infinity', '-Infinity')), 'NaN');
    assert.equal(text(multiplyNumbers(decimalFromString('1.5'), int(2))), '3.0');
    assert.equal(text(multiplyNumbers(decimalFromString('1E+6111'), decimalFromString('1E+6000'))), 'Infinity');
  });

  it('read and write the bytes of every exponent', () => {
    for (const given of ['0', '-0', '1E-6176', '9.999999999999999999999999999999999E+6144', '-123.4500']) {
      assert.equal(
        decimalToString(decimalFromString(given)),
        new Decimal128(Decimal128.fromString(given).bytes).toString(),
      );
    }
  });
});

describe('integers', () => {
  it('widen to 64 bits and refuse to overflow them', () => {
    assert.equal(addNumbers(int(2147483647), int(1)), 2147483648n);
    assert.equal(addNumbers(2n ** 63n - 1n, int(1)), null);
    assert.equal(multiplyNumbers(int(2 ** 30), int(8)), 2n ** 33n);
  });
});
