import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Claims, ResolveOpaqueToken } from 'livetoken';

export const AUDIENCE = 'https://api.test';
export const SCOPE = 'orders:read';
export const CLIENT = { id: 'shop', secret: 'a-secret-of-32-characters-or-more', redirectUri: 'https://shop.test/callback' };

/** node-oidc-provider in a process of its own. */
export interface OidcProvider {
  readonly issuer: string;
  readonly port: number;
  /** SIGKILL: all that it knew is gone. */
  kill(): Promise<void>;
}

/** @param kid of the one key that it makes for itself; @param port where it was before, for one that comes back */
export async function startOidcProvider(kid: string, port?: number): Promise<OidcProvider> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Below the range that the kernel lends to outgoing connections: it would be gone when the provider comes back.
      return await launch(kid, port ?? randomInt(15_000, 32_000));
    } catch (error) {
      if (port !== undefined || attempt === 10 || !String(error).includes('EADDRINUSE')) throw error;
    }
  }
}

async function launch(kid: string, port: number): Promise<OidcProvider> {
  const settings = { port, kid, client: CLIENT, audience: AUDIENCE, scope: SCOPE };
  const program = join(__dirname, 'provider-program.mjs');
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: 'pipe' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const issuer = await Promise.race([firstLine(child), once(child, 'close').then(() => '')]);
  if (issuer === '') throw new Error(`oidc-provider did not start: ${said}`);
  return { issuer, port, kill: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  const [line] = (await once(stdout!.setEncoding('utf8'), 'data')) as [string];
  return line.trim();
}

/** A token for the client itself (RFC 6749 section 4.4). */
export async function clientCredentials({ issuer }: OidcProvider): Promise<string> {
  const { access_token } = await tokens(issuer, { grant_type: 'client_credentials', scope: SCOPE, resource: AUDIENCE });
  return access_token;
}

export interface UserTokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** New tokens for old ones (RFC 6749 section 6). */
export function refreshed({ issuer }: OidcProvider, refreshToken: string): Promise<UserTokens> {
  return tokens(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken, resource: AUDIENCE });
}

/** What an application on oidc-provider does with its `RefreshToken.find`, from another process. */
export function lookUp(issuer: string): ResolveOpaqueToken {
  return async (token) => {
    const found = await (await fetch(`${issuer}/look-up`, { method: 'POST', body: token })).text();
    // Parsed here: jest's fetch makes objects of another realm.
    return found === '' ? undefined : { claims: JSON.parse(found) as Claims };
  };
}

/** What a user's browser and the client do to get tokens (RFC 6749 section 4.1): log in, consent, come back with a code. */
export async function authorizationCode(provider: OidcProvider, login: string): Promise<UserTokens> {
  const verifier = randomBytes(32).toString('base64url');
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    ...{ client_id: CLIENT.id, redirect_uri: CLIENT.redirectUri, response_type: 'code', resource: AUDIENCE },
    ...{ scope: `openid offline_access ${SCOPE}`, prompt: 'consent', code_challenge, code_challenge_method: 'S256' },
  });
  const code = await new Browser(provider.issuer).authorise(`/auth?${query.toString()}`, login);
  return tokens(provider.issuer, {
    ...{ grant_type: 'authorization_code', code, redirect_uri: CLIENT.redirectUri, code_verifier: verifier, resource: AUDIENCE },
  });
}

async function tokens(issuer: string, form: Readonly<Record<string, string>>): Promise<UserTokens> {
  const Authorization = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
  const response = await fetch(`${issuer}/token`, { method: 'POST', headers: { Authorization }, body: new URLSearchParams(form) });
  if (response.status !== 200) throw new Error(`oidc-provider issued nothing: ${await response.text()}`);
  return (await response.json()) as UserTokens;
}

/** Keeps cookies, follows redirects and answers the two pages that oidc-provider shows while it is being tried out. */
class Browser {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  async authorise(path: string, login: string): Promise<string> {
    let url = new URL(path, this.#origin);
    for (let steps = 0; steps < 12; steps += 1) {
      if (url.href.startsWith(CLIENT.redirectUri)) return codeOf(url);
      const isPage = url.pathname.startsWith('/interaction/');
      url = isPage ? await this.#answer(url, login) : await this.#follow(url, await this.#fetch(url));
    }
    throw new Error('oidc-provider did not come to an end.');
  }

  async #answer(page: URL, login: string): Promise<URL> {
    const html = await (await this.#fetch(page)).text();
    const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1] ?? '';
    const body = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
    return this.#follow(page, await this.#fetch(page, { method: 'POST', body }));
  }

  async #fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const Cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { Cookie } });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      this.#cookies.set(name!, value!);
    }
    return response;
  }

  async #follow(from: URL, response: Response): Promise<URL> {
    const location = response.headers.get('location');
    if (location === null) throw new Error(`oidc-provider answered ${response.status}: ${await response.text()}`);
    return new URL(location, from);
  }
}

function codeOf(url: URL): string {
  const code = url.searchParams.get('code');
  if (code === null) throw new Error(`oidc-provider gave no code: ${url.search}`);
  return code;
}
