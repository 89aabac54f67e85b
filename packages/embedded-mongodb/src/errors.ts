/** What can keep the embedded server from starting or from going on, with words for the person who runs it. */
export type EmbeddedMongodbErrorCode =
  | 'locked'
  | 'newer-format'
  | 'foreign-file'
  | 'damaged'
  | 'read-only'
  | 'disk-full'
  | 'cannot-open'
  | 'port-in-use'
  | 'cannot-listen'
  | 'stopped';

export class EmbeddedMongodbError extends Error {
  override readonly name = 'EmbeddedMongodbError';
  readonly code: EmbeddedMongodbErrorCode;

  constructor(code: EmbeddedMongodbErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
