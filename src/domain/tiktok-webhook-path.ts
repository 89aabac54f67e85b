// Where TikTok posts its events, on whatever base address: served by the web server, printed at start for TikTok's portal.

export const TIKTOK_WEBHOOK_PATH = '/webhooks/tiktok';
