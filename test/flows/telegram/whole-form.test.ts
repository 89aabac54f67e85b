// The story of ../whole-form.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../whole-form.test.ts');
