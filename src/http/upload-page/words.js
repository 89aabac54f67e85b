// Sizes, speeds and times as people read them.

const GB = 1_000_000_000;
const MB = 1_000_000;
const KB = 1_000;

/** @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes >= GB) return `${(bytes / GB).toFixed(2)} GB`;
  if (bytes >= MB) return `${(bytes / MB).toFixed(bytes >= 100 * MB ? 0 : 1)} MB`;
  return `${Math.ceil(bytes / KB)} kB`;
}

/** Time left, rounded as nobody minds. @param {number} seconds */
export function leftWords(seconds) {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 60) return `${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min left`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? `${hours} h left` : `${hours} h ${rest} min left`;
}

/**
 * "412 MB of 1.04 GB · 3.1 MB/s · 4 min left"; without a speed, "412 MB of 1.04 GB".
 * @param {number} sentBytes @param {number} sizeBytes @param {number | null} bytesPerSecond
 */
export function progressWords(sentBytes, sizeBytes, bytesPerSecond) {
  const parts = [`${sizeWords(sentBytes)} of ${sizeWords(sizeBytes)}`];
  if (bytesPerSecond !== null && bytesPerSecond > 0) {
    parts.push(`${sizeWords(bytesPerSecond)}/s`);
    const left = leftWords((sizeBytes - sentBytes) / bytesPerSecond);
    if (left) parts.push(left);
  }
  return parts.join(' · ');
}
