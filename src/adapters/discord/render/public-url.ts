// Which addresses Discord takes in buttons and pictures: it calls those without a public host name "not a well formed URL" and
// refuses the whole message.

/** Discord's limit for the address of a link button. */
export const LINK_URL_LIMIT = 512;

export function isPublicUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) && /\.[a-z][a-z0-9-]*$/i.test(hostname) && !hostname.endsWith('.localhost');
}

export const fitsLinkButton = (url: string): boolean => isPublicUrl(url) && url.length <= LINK_URL_LIMIT;
