// A browser without a screen: follows pages, keeps cookies per site, submits forms. It plays the person at the link page and at
// TikTok's consent page.

export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

export interface Browser {
  open(url: string): Promise<BrowserPage>;
  /** Posts a form to `url`, as the browser would from a page of the same site, and follows where it leads. */
  submit(url: string, fields?: Record<string, string | readonly string[]>): Promise<BrowserPage>;
}

const MAX_REDIRECTS = 5;

export function createBrowser(): Browser {
  /** Cookies by host and port; real browsers share them between ports, which would only make the player less strict. */
  const jars = new Map<string, Map<string, string>>();

  const jarOf = (url: URL) => {
    const jar = jars.get(url.host) ?? new Map<string, string>();
    jars.set(url.host, jar);
    return jar;
  };

  function keepCookies(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const isGone = attributes.some(attribute => /^\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(attribute));
      if (isGone) jarOf(url).delete(name.trim());
      else jarOf(url).set(name.trim(), value);
    }
  }

  async function visit(address: string, body: string | null, redirectsLeft: number): Promise<BrowserPage> {
    const url = new URL(address);
    const cookie = [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        ...(cookie && { cookie }),
        ...(body !== null && { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
      },
      body,
    });
    keepCookies(url, answer.headers.getSetCookie());
    const text = await answer.text();
    const location = answer.headers.get('location');
    if (location === null || answer.status < 300 || answer.status > 399)
      return { url: address, status: answer.status, body: text };
    if (redirectsLeft === 0) throw new Error(`more than ${MAX_REDIRECTS} redirects from ${url.host}`);
    return visit(new URL(location, url).href, null, redirectsLeft - 1);
  }

  return {
    open: url => visit(url, null, MAX_REDIRECTS),
    submit(url, fields = {}) {
      const form = new URLSearchParams();
      for (const [name, value] of Object.entries(fields))
        for (const one of typeof value === 'string' ? [value] : value) form.append(name, one);
      return visit(url, form.toString(), MAX_REDIRECTS);
    },
  };
}
