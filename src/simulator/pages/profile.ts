/** What the world would see: a creator's profile, one video, and the pictures that belong to them. */
import type { Publish } from '../posting/publish.ts';
import type { Account } from '../settings.ts';
import { type Html, html } from './html.ts';
import { layout } from './page.ts';

export interface Profile extends Account {
  username: string;
}

const PRIVACY_WORDS: Record<string, string> = {
  PUBLIC_TO_EVERYONE: 'Everyone',
  MUTUAL_FOLLOW_FRIENDS: 'Friends',
  FOLLOWER_OF_CREATOR: 'Followers',
  SELF_ONLY: 'Only me',
};

/** `drafts` wait in the inbox: on the real thing only their person sees them. */
export function profilePage(profile: Profile, videos: Publish[], drafts: Publish[]): Html {
  return layout(
    `@${profile.username}`,
    html`${profileHead(profile)}
${drafts.length > 0 && inbox(profile, drafts)}
<h2>Videos</h2>
${videos.length === 0 && html`<p class="empty">No videos yet. What an app posts here shows up at once.</p>`}
<ul class="videos">${videos.map(video => html`<li>${videoCard(profile, video)}</li>`)}</ul>`,
  );
}

export function videoPage(profile: Profile, video: Publish): Html {
  return layout(
    `${profile.displayName}: ${video.postInfo.title ?? 'video'}`,
    html`${profileHead(profile)}
<article class="one">${videoCard(profile, video)}</article>`,
  );
}

function profileHead(profile: Profile): Html {
  return html`<section class="profile">
<img src="/simulator/avatars/${profile.username}.svg" alt="" width="96" height="96">
<div><h1><a href="/@${profile.username}">${profile.displayName}</a></h1>
<p>@${profile.username}${profile.private && ' · private account'}</p>
<p>${profile.bio}</p></div>
</section>`;
}

function inbox(profile: Profile, drafts: Publish[]): Html {
  const levels = ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'].map(
    level => html`<option value="${level}">${PRIVACY_WORDS[level]}</option>`,
  );
  return html`<h2>Inbox</h2>
<ul class="drafts">${drafts.map(
    draft => html`<li><form class="card" method="post" action="/simulator/panel/drafts/${draft.publishId}">
<input type="hidden" name="username" value="${profile.username}">
<p><strong>Your video is ready.</strong> An app sent a draft of ${(draft.videoSize / 1e6).toFixed(1)} MB. Finish it as you would in TikTok’s app.</p>
<label>Caption <textarea name="title" rows="2" maxlength="2200"></textarea></label>
<label>Who can watch this video <select name="privacy_level">${levels}</select></label>
<button class="primary">Post</button>
</form></li>`,
  )}</ul>`;
}

function videoCard(profile: Profile, video: Publish): Html {
  const label = `Video of ${profile.displayName}`;
  return html`<video src="/simulator/videos/${video.postId}/file" controls preload="metadata" playsinline aria-label="${label}"></video>
<p class="caption">${video.postInfo.title}</p>
<p class="labels">${labelsOf(video).map(text => html`<span>${text}</span> `)}</p>
<p><small><a href="/@${profile.username}/video/${video.postId}">${new Date(video.publishedAt ?? 0).toISOString().slice(0, 16).replace('T', ' ')} UTC</a></small></p>`;
}

/** What TikTok prints under a video: who sees it, whether it is checked yet, and what was disclosed. */
function labelsOf({ postInfo, publicAt }: Publish): string[] {
  const level = postInfo.privacy_level ?? 'SELF_ONLY';
  const labels = [PRIVACY_WORDS[level] ?? level];
  if (level === 'PUBLIC_TO_EVERYONE' && publicAt === null) labels.push('Being checked');
  if (postInfo.brand_content_toggle) labels.push('Paid partnership');
  else if (postInfo.brand_organic_toggle) labels.push('Promotional content');
  if (postInfo.is_aigc) labels.push('AI-generated');
  if (postInfo.disable_comment) labels.push('Comments off');
  if (postInfo.disable_duet) labels.push('Duet off');
  if (postInfo.disable_stitch) labels.push('Stitch off');
  return labels;
}

/** A face for every username: its first letter on a colour of its own. */
export function avatarSvg(username: string, displayName: string): Html {
  const hue = [...username].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="hsl(${hue} 55% 42%)"/><text x="50" y="67" font-family="sans-serif" font-size="50" font-weight="700" text-anchor="middle" fill="#fff">${[...displayName][0]}</text></svg>`;
}

export const iconSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" rx="24" fill="#161823"/><path d="M38 28v44l36-22z" fill="#25f4ee"/></svg>';
