/** What a person sees who is sent here by an app: who asks, for what, as whom. */
import type { AuthorizeRequest } from '../oauth/authorize-request.ts';
import type { Account } from '../settings.ts';
import { type Html, html } from './html.ts';
import { layout } from './page.ts';

const SCOPE_WORDS: Record<string, string> = {
  'user.info.basic': 'Read your profile info (avatar, display name)',
  'user.info.profile': 'Read your additional profile info (bio, profile link)',
  'user.info.stats': 'Read your profile engagement statistics',
  'video.list': 'Read your public videos',
  'video.upload': 'Upload content to your account as a draft',
  'video.publish': 'Post content to your account',
};

export function consentPage(page: {
  wanted: AuthorizeRequest;
  accounts: (Account & { username: string })[];
  /** Username ticked at first. */
  chosen: string;
  action: string;
}): Html {
  const { wanted, accounts, chosen, action } = page;
  return layout(
    `Authorize ${wanted.client.name}`,
    html`<form class="card consent" method="post" action="${action}">
<h1>Authorize <em>${wanted.client.name}</em></h1>
<p><em>${wanted.client.name}</em> would like to access a TikTok account. It will go on at <code>${new URL(wanted.redirectUri).host}</code>.</p>
<fieldset>
<legend>Log in as</legend>
${accounts.map(
  account => html`<label class="person">
<input type="radio" name="account" value="${account.username}"${checked(account.username === chosen)}>
<img src="/simulator/avatars/${account.username}.svg" alt="" width="40" height="40">
<span><strong>${account.displayName}</strong><br><small>@${account.username}${account.private && ' · private account'}</small></span>
</label>`,
)}
</fieldset>
<fieldset>
<legend>Allow it to</legend>
${wanted.scopes.map(scope => scopeLine(scope))}
</fieldset>
<div class="buttons">
<button name="decision" value="authorize" class="primary">Authorize</button>
<button name="decision" value="cancel">Cancel</button>
</div>
</form>`,
  );
}

function scopeLine(scope: string): Html {
  // The first scope is what logging in means; TikTok shows it without a switch.
  const fixed = scope === 'user.info.basic';
  return html`<label class="scope">
<input type="checkbox" name="granted" value="${scope}" checked${attribute(fixed, 'disabled')}>
<span>${SCOPE_WORDS[scope] ?? scope}<br><small>${scope}${fixed && ' · always'}</small></span>
</label>`;
}

/** The page for a request that TikTok would not even show the person. */
export function refusalPage(code: string, message: string): Html {
  return layout(
    'Something went wrong',
    html`<section class="card">
<h1>Something went wrong</h1>
<p>We couldn’t log in with TikTok. This may be due to specific app settings. If you are the developer, correct the following and try again:</p>
<p><code>${code}</code></p>
<p>${message}</p>
</section>`,
  );
}

const checked = (on: boolean): Html => attribute(on, 'checked');

function attribute(on: boolean, name: 'checked' | 'disabled'): Html {
  return { markup: on ? ` ${name}` : '' };
}
