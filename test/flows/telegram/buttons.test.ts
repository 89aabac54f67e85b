// The story of ../buttons.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../buttons.test.ts');
