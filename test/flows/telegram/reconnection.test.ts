// The story of ../reconnection.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../reconnection.test.ts');
