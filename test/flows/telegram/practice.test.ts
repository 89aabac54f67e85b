// The story of ../practice.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../practice.test.ts');
