// The story of ../upload.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../upload.test.ts');
