// A public address for a bot on this machine: what this process asks of it comes to the bot as a reverse proxy would bring it. For
// stories whose people open the bot's own pages, on platforms that give out no address of this machine.

export const PUBLIC_ADDRESS = 'https://clips.example.com';

/** Brings requests for the public address to the bot from here on. Gives the way to end it. */
export function bringTo(portOf: () => number): () => void {
  const direct = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== PUBLIC_ADDRESS) return direct(input, init);
    const headers = new Headers(init?.headers);
    headers.set('x-forwarded-proto', 'https');
    headers.set('x-forwarded-host', url.host);
    return direct(`http://127.0.0.1:${portOf()}${url.pathname}${url.search}`, { ...init, headers });
  };
  return () => {
    globalThis.fetch = direct;
  };
}
