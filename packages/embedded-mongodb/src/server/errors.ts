/** What a command refuses with: MongoDB's code, its name and a message, as drivers and test suites compare them. */
import { type Document, doc, int, type Value } from '../codec/values.ts';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; unnamed codes are `Location<code>`. */
const NAMES: Record<number, string> = {
  1: 'InternalError',
  2: 'BadValue',
  4: 'NoSuchKey',
  9: 'FailedToParse',
  11: 'UserNotFound',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  15: 'Overflow',
  16: 'InvalidLength',
  17: 'ProtocolError',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  22: 'InvalidBSON',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  50: 'MaxTimeMSExpired',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  55: 'InvalidDBRef',
  56: 'EmptyFieldName',
  57: 'DottedFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  68: 'IndexAlreadyExists',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  91: 'ShutdownInProgress',
  96: 'OperationFailed',
  111: 'NotExactValueField',
  115: 'CommandNotSupported',
  121: 'DocumentValidationFailure',
  125: 'CommandFailed',
  123: 'NotAReplicaSet',
  159: 'DurationOverflow',
  166: 'CommandNotSupportedOnView',
  168: 'InvalidPipelineOperator',
  171: 'CannotIndexParallelArrays',
  181: 'AmbiguousIndexKeyPattern',
  197: 'InvalidIndexSpecificationOption',
  175: 'QueryPlanKilled',
  207: 'InvalidUUID',
  211: 'KeyNotFound',
  224: 'QueryFeatureNotAllowed',
  237: 'CursorInUse',
  238: 'NotImplemented',
  241: 'ConversionFailure',
  251: 'NoSuchTransaction',
  263: 'OperationNotSupportedInTransaction',
  292: 'QueryExceededMemoryLimitNoDiskUseAllowed',
  322: 'APIVersionError',
  323: 'APIStrictError',
  361: 'CollectionUUIDMismatch',
  352: 'UnsupportedOpQueryCommand',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  14031: 'OutOfDiskSpace',
};

/** An answer with `ok: 0`. `details` are further fields of it (`keyPattern`, `keyValue`). */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: number;
  readonly details: Document;

  constructor(code: number, message: string, details: Document = new Map()) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export function codeName(code: number): string {
  return NAMES[code] ?? `Location${code}`;
}

export function errorReply(error: CommandError): Document {
  const reply = doc({ ok: 0, errmsg: error.message, code: int(error.code), codeName: codeName(error.code) });
  for (const [name, value] of error.details) reply.set(name, value);
  return reply;
}

/** One entry of `writeErrors`. */
export function writeError(index: number, error: CommandError): Value {
  const entry = doc({ index: int(index), code: int(error.code) });
  for (const [name, value] of error.details) entry.set(name, value);
  return entry.set('errmsg', error.message);
}
