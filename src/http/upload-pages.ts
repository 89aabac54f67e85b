// The pages of an upload: the one behind the link in the chat, and the one that takes the clip.

import { wordsFor } from '../chat/explain.ts';
import type { Upload } from '../domain/upload.ts';
import { html, type Page } from './html.ts';
import { nameOfPlatform } from './platform-names.ts';

export const uploadLinkPage = ({ personName, place }: Upload): Page => ({
  title: 'Upload a clip to Clipcue',
  body: html`
<h1>Upload your clip here?</h1>
<p>It goes to the draft of <strong><bdi>${personName}</bdi></strong> on ${nameOfPlatform(place.platform)}.</p>
<p class="soft">The link works once: go on in the browser, and on the device, that has the clip.</p>
<form method="post"><button>This is me: go on</button></form>
<footer><p class="soft">Somebody else sent you this? Then close this page: they would get your clip.</p></footer>`,
});

export interface UploadPageView {
  readonly upload: Upload;
  /** What the page's script begins with, and asks for again. */
  readonly standing: object;
  /** Where the chat is, for those platforms that can be opened by an address. */
  readonly chatUrl: string | null;
  readonly limitWords: string;
  readonly scripts: readonly string[];
}

/** Every step is on the page, and the script shows one of them; without scripts there is only the reason. */
export const uploadPage = ({ upload, standing, chatUrl, limitWords, scripts }: UploadPageView): Page => {
  const platform = nameOfPlatform(upload.place.platform);
  const back = chatUrl
    ? html`<a class="button" href="${chatUrl}">Back to ${platform}</a>`
    : html`<p><strong>Go back to ${platform}.</strong></p>`;
  return {
    title: 'Upload your clip',
    body: html`
<div id="upload" data-standing="${JSON.stringify(standing)}">
<noscript><p class="warn">This page needs JavaScript to send a clip in parts.</p></noscript>
<section data-shown="choose" hidden>
<h1>Upload your clip</h1>
<p class="warn" id="problem" role="alert" hidden></p>
<p class="note" id="partly" hidden></p>
<label class="drop" id="drop"><input type="file" id="file" accept="video/mp4,video/quicktime,video/webm,.mp4,.mov,.webm">
<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"/></svg>
<strong id="drop-title">Choose a clip</strong><span class="wide">or drop it here</span></label>
<p class="soft">MP4, MOV or WebM, up to ${limitWords}. A broken connection does no harm: it goes on where it was.</p>
</section>
<section data-shown="sending" hidden>
<h1>Uploading</h1>
<p class="name" id="name"></p>
<progress id="bar" aria-labelledby="name" max="1" value="0"></progress>
<p class="figures" id="figures"></p>
<p class="note" id="hint" role="status" hidden></p>
<div class="pair"><button type="button" class="quiet" id="pause">Pause</button><button type="button" class="quiet" id="again">Another file</button></div>
<p class="soft">Keep this page open. If your phone sleeps, it goes on when you come back.</p>
</section>
<section data-shown="checking" hidden>
<h1>Looking at your clip</h1>
<p role="status">Every byte is here. A moment…</p>
<progress aria-label="Looking at your clip"></progress>
</section>
<section data-shown="done" hidden>
<h1>Your clip is in</h1>
<p role="status">Its card in the chat is ready for the rest.</p>
${back}
</section>
<section data-shown="over" hidden>
<h1>This upload has ended</h1>
<p>${wordsFor({ code: 'upload_ended', facts: {} })}</p>
${back}
</section>
</div>
${scripts.map(address => html`<script type="${address.endsWith('main.js') ? 'module' : 'text/javascript'}" src="${address}"></script>`)}`,
  };
};
