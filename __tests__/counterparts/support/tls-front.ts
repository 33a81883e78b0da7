import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { findApache } from '../../support/find-apache.js';

/** What ends TLS in front of a server, as a proxy does in production. */
export interface TlsFront {
  readonly url: string;
  /** Which server it stands in front of: one that has to know its own address first. */
  leadTo(port: number): void;
  /** The file of the certificate, for whoever is to trust it. */
  readonly certificate: string;
  /** Lets nobody through any more. */
  close(): Promise<void>;
}

/** With a certificate of its own for 127.0.0.1. */
export async function openTlsFront(): Promise<TlsFront> {
  const directory = await mkdtemp(join(tmpdir(), 'livetoken-tls-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  await chmod(directory, 0o755); // the certificate is for others to read, and the key is not
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)(findApache().openssl, ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate]);
  const open = new Set<Socket>();
  let port = 0;
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (outside) => {
    const inside = connect(port, '127.0.0.1');
    for (const [socket, other] of [[outside, inside], [inside, outside]] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => open.delete(socket)).pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate,
    leadTo: (next) => { port = next; },
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined;
      if (closed !== undefined) server.close();
      for (const socket of open) socket.destroy();
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
