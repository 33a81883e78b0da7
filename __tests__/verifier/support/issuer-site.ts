import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import { endServer } from '../../support/end-server.js';

export interface SiteKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey;
}

export function rsaKey(kid: string, modulusLength = 2048): SiteKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function sign({ kid, privateKey }: Pick<SiteKey, 'privateKey'> & { readonly kid?: string }, claims: object = { sub: 'alice' }): string {
  return jwt.sign(claims, privateKey, { algorithm: 'RS256', ...(kid !== undefined && { keyid: kid }) });
}

/** The web site of an issuer: a real server that publishes what it is told, and can go away and come back on the same port. */
export class IssuerSite {
  fetches = 0;
  /** What the key set is answered with. */
  answer: { status: number; body: string } = { status: 200, body: '{"keys":[]}' };
  #server: Server | undefined;
  #port = 0;
  #hold: Promise<void> | undefined;

  /** A site that is there, and publishes these keys. */
  static async of(...keys: readonly object[]): Promise<IssuerSite> {
    const site = new IssuerSite();
    await site.open();
    site.publish(...keys);
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks`;
  }

  publish(...keys: readonly object[]): void {
    this.answer = { status: 200, body: JSON.stringify({ keys }) };
  }

  /** Answers nothing until what is returned is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#hold = new Promise(resolve => { release = resolve; });
    return release;
  }

  async open(): Promise<void> {
    this.#server = createServer((_req, res) => {
      this.fetches += 1;
      const { status, body } = this.answer;
      void Promise.resolve(this.#hold).then(() => { res.writeHead(status, { 'Content-Type': 'application/json', Location: '/elsewhere' }).end(body); });
    });
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await endServer(server);
  }
}
