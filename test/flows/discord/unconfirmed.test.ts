// The story of ../unconfirmed.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../unconfirmed.test.ts');
