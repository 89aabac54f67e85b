// From /connect-tiktok to "live" in a direct message, in each of the places where people use the bot.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { type DiscordStand, startDiscordStand } from '#test/support/discord-stand.ts';
import { askForLink, consent } from '#test/support/linking.ts';
import { CLIP } from '#test/support/stand.ts';

let stand: DiscordStand;
before(async () => {
  stand = await startDiscordStand();
  await stand.simulator.change({ crowd: 3 });
});
after(() => stand.stop());

const creators = { direct: 'clara.cooks', server: 'max.moves', installed: 'creator-1' } as const;

for (const place of ['direct', 'server', 'installed'] as const)
  test(`the whole journey, ${place}`, async () => {
    const clara = stand.person(`Clara ${place}`, { place });
    const address = await consent(await askForLink(clara), creators[place]);
    await clara.press('Paste the address');
    await clara.fill({ address });
    assert.match(clara.read(), /^Connected/);

    await clara.command('settings', { zone: 'Berlin' });
    const [day] = await clara.suggest('schedule', 'when', 'in 6 days');
    assert.match(day?.name ?? '', /^\w{3} \d+ \w{3} 09:00 \(Berlin\), in 6 days$/, 'times as they resolve');
    const [clock] = await clara.suggest('schedule', 'when', 'tomorrow 18:30');
    assert.match(clock?.name ?? '', /^\w{3} \d+ \w{3} 18:30 \(Berlin\), (tomorrow|in .*)$/);
    const [offered] = await clara.suggest('schedule', 'account', '');
    assert.ok(offered, 'accounts are suggested by name');
    await clara.command('schedule', {
      video: await offerFile(CLIP),
      when: 'in 1 second',
      caption: 'Soup #soup',
      account: offered.value,
    });
    assert.match(clara.read(), /^New TikTok post/);
    await clara.choose('Who can see this video', 'Everyone');
    await clara.press('Comments: off');
    await clara.press('Schedule');
    assert.match(clara.read(), /^Scheduled/);
    const live = await clara.waitFor(/^Live on TikTok/, 30_000);

    const where = stand.discord.state.messages.get(live.ref);
    assert.equal(where?.channelId, clara.user.dmChannelId, 'the news comes as a direct message');
    for (const message of clara.shown.filter(({ channelId }) => channelId !== clara.user.dmChannelId))
      assert.equal(message.hiddenFor, clara.user.id, `everybody in the server could read: ${clara.markdown()}`);
  });
