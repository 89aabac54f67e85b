// The story of ../whole-form.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../whole-form.test.ts');
