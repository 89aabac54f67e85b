// Waiting for something, but not for ever.

/**
 * What `task` gives, or `otherwise` where it takes longer than `ms`. The task itself goes on; what it comes to then concerns nobody.
 * @throws whatever `task` throws in time
 */
export async function within<Value, Otherwise>(
  task: Promise<Value>,
  ms: number,
  otherwise: Otherwise,
): Promise<Value | Otherwise> {
  const late = Promise.withResolvers<Otherwise>();
  const timer = setTimeout(late.resolve, ms, otherwise);
  try {
    return await Promise.race([task, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
