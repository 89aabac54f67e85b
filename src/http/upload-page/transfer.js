// Sends a file in parts and does not give up: a connection that breaks, a phone that sleeps or a server that restarts only delay
// it. Each new try asks the server how far it got.

/** @typedef {{ message: string, originalResponse?: { getStatus(): number, getBody(): string } | null }} TusError */
/** What is used of tus-js-client, which its own script brings.
 * @typedef {{ start(): void, abort(): Promise<void>, url: string | null, options: { chunkSize: number } }} TusUpload */
/** @typedef {{ Upload: new (file: File, options: object) => TusUpload }} Tus */

/** The first part; on a slow line every one: a proxy that gathers whole bodies loses the part under way with the connection. */
const PART_BYTES = 16 * 1024 * 1024;
/** Between two parts the line stands still, so a quick one gets larger parts, as far as a proxy takes them. */
const PART_MAX_BYTES = 64 * 1024 * 1024;
const QUICK_MS = 10_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * @param {object} options
 * @param {File} options.file
 * @param {string} options.address where the file goes
 * @param {boolean} options.isBegun some of it is there
 * @param {(sentBytes: number) => void} options.onProgress
 * @param {(isOffline: boolean) => void} options.onWaiting there was no answer; it goes on by itself
 * @param {() => void} options.onSent every byte is there
 * @param {(words: string) => void} options.onRefused the server does not want this file
 */
export function createTransfer({ file, address, isBegun, onProgress, onWaiting, onSent, onRefused }) {
  const { tus } = /** @type {{ tus: Tus }} */ (/** @type {unknown} */ (globalThis));
  let failures = 0;
  let isStopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isRunning = false;
  let partBegunAt = 0;
  let partMaxBytes = PART_MAX_BYTES;

  const upload = new tus.Upload(file, {
    endpoint: address,
    uploadUrl: isBegun ? address : null,
    chunkSize: PART_BYTES,
    // Trying again is done here: the library gives up after a number of tries.
    retryDelays: null,
    storeFingerprintForResuming: false,
    metadata: { name: file.name, modifiedAt: String(file.lastModified) },
    /** @param {number} sentBytes */
    onProgress(sentBytes) {
      onProgress(sentBytes);
    },
    onChunkComplete() {
      failures = 0;
      const isQuick = performance.now() - partBegunAt < QUICK_MS;
      upload.options.chunkSize = isQuick ? Math.min(upload.options.chunkSize * 2, partMaxBytes) : PART_BYTES;
      partBegunAt = performance.now();
    },
    onSuccess() {
      isRunning = false;
      onSent();
    },
    /** @param {TusError} error */
    onError(error) {
      isRunning = false;
      if (isStopped) return;
      const status = error.originalResponse?.getStatus() ?? 0;
      // A proxy that takes small parts only.
      if (status === 413 && upload.options.chunkSize > PART_BYTES) {
        partMaxBytes = PART_BYTES;
        start();
        return;
      }
      // Out of step or locked: the next try asks how far it got. A line too slow for one part's time, too many requests, and faults
      // of the server, pass.
      const isFinal = status >= 400 && status < 500 && ![408, 409, 423, 429].includes(status);
      if (isFinal || status === 507) {
        onRefused(error.originalResponse?.getBody() ?? '');
        return;
      }
      onWaiting(!navigator.onLine);
      timer = setTimeout(start, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    },
  });

  function start() {
    clearTimeout(timer);
    if (isStopped || isRunning) return;
    isRunning = true;
    partBegunAt = performance.now();
    upload.options.chunkSize = PART_BYTES;
    upload.start();
  }

  /** The line is back, or the person looks again: no reason to wait. */
  function hurry() {
    if (document.visibilityState === 'visible' && !isRunning) start();
  }
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);

  return {
    start,
    /** Breaks it off; what was sent stays sent. */
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      await upload.abort();
    },
  };
}
