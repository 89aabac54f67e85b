/**
 * Which redirect addresses an app may name (login-kit-web, login-kit-desktop). A web redirect must be exactly one that
 * is registered; a Desktop one may leave the port open (`*`). A path of `*` is the simulator's own convenience.
 */
import type { Client } from '../settings.ts';

/** The kind of app the redirect belongs to, or undefined where it is not registered. A Desktop one needs PKCE. */
export function matchRedirect(client: Client, redirectUri: string): 'web' | 'desktop' | undefined {
  if (redirectUri.length >= 512) return undefined;
  if (client.webRedirects.includes(redirectUri)) return 'web';
  return client.desktopRedirects.some(rule => matchesDesktopRule(rule, redirectUri)) ? 'desktop' : undefined;
}

function matchesDesktopRule(rule: string, redirectUri: string): boolean {
  const shape = /^(https?):\/\/(localhost|127\.0\.0\.1):(\*|\d{1,5})(\/.*)$/;
  const [, scheme, host, port, path] = shape.exec(rule) ?? [];
  const [, actualScheme, actualHost, actualPort, actualPath] = shape.exec(redirectUri) ?? [];
  if (actualPort === undefined || actualPort === '*' || Number(actualPort) > 65_535) return false;
  if (actualPath === undefined || /[?#\s\\*]/.test(actualPath)) return false;
  if (scheme !== actualScheme || host !== actualHost) return false;
  return (port === '*' || port === actualPort) && (path === '/*' || path === actualPath);
}
