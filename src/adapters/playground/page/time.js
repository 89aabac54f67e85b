// Instants as the viewer reads them: on their own clock, and relative to now.

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const dayWithYear = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** The viewer's time zone, as IANA names it. */
export const viewerZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "18:30". @param {Date} at */
export const formatClock = at => clock.format(at);

/** "Today, 18:30", "Fri 27 Nov, 18:30"; the year only where it is not this one. @param {Date} at @param {number} now */
export function formatInstant(at, now) {
  const today = new Date(now);
  if (at.toDateString() === today.toDateString()) return `today, ${clock.format(at)}`;
  const named = at.getFullYear() === today.getFullYear() ? day : dayWithYear;
  return `${named.format(at).replace(',', '')}, ${clock.format(at)}`;
}

/** "3 s", "45 min", "2 h 30 min", "34 h", "6 days". @param {number} durationMs */
function formatDuration(durationMs) {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 360) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(minutes / 1440)} days`;
}

/** "in 3 s", "2 min ago", "now". @param {Date} at @param {number} now */
export function formatRelative(at, now) {
  const distance = formatDuration(Math.abs(at.getTime() - now));
  if (distance === '0 s') return 'now';
  return at.getTime() > now ? `in ${distance}` : `${distance} ago`;
}

/** The same instant on the clock of `zone`, for where that is not the viewer's. @param {Date} at @param {string} zone */
export const formatElsewhere = (at, zone) =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
    timeZoneName: 'short',
  }).format(at);

/** "0:06". @param {number} durationMs */
export function formatLength(durationMs) {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** "510 kB", "12.3 MB". @param {number} sizeBytes */
export const formatSize = sizeBytes =>
  sizeBytes < 1_000_000
    ? `${Math.max(1, Math.round(sizeBytes / 1000))} kB`
    : `${(sizeBytes / 1_000_000).toFixed(1)} MB`;
