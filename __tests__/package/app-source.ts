/** A small application on the package, as TypeScript that is good for ES modules and for CommonJS alike. */
export function appSource(hasRedis: boolean, hasTelemetry: boolean): string {
  return `${imports(hasRedis)}${hasTelemetry ? "import { instrument } from 'livetoken/opentelemetry';\n" : ''}
const { JWT_PUBLIC_KEY = '', WEB_SECRET = ''${hasRedis ? ", REDIS_URL = '', NAMESPACE = ''" : ''} } = process.env;

${hasRedis ? REDIS : MEMORY}
const verify = jwtVerifier({ key: JWT_PUBLIC_KEY, algorithms: ['RS256'], issuer: 'https://id.example', audience: 'https://api.example' });
const live = createLiveTokens({ store, verify, maxLifetime: 3600 });
live.on('storeWarning', () => undefined); // would go to stderr otherwise
const endInstrumenting = ${hasTelemetry ? 'instrument(live)' : '() => undefined'};
${REST}`;
}

const imports = (hasRedis: boolean): string => `import type { AddressInfo } from 'node:net';
import express from 'express';
${hasRedis ? "import { Redis } from 'ioredis';\n" : ''}import { createLiveTokens, jwtVerifier, memoryStore, redisStore, requireLiveToken, revocationRouter } from 'livetoken';
import 'livetoken/req-auth';
`;

const REDIS = `const redis = new Redis(REDIS_URL, { lazyConnect: true });
const store = NAMESPACE === '' ? memoryStore() : redisStore(redis, { namespace: NAMESPACE });
const disconnect = () => { redis.disconnect(); };
`;

const MEMORY = `if (typeof redisStore !== 'function') throw new TypeError('redisStore is exported, with or without ioredis.');
const store = memoryStore();
const disconnect = () => undefined;
`;

// Ends by itself once its input does and all is closed. An \`any\` for req.auth would leave the @ts-expect-error unused, which is an error.
const REST = `
const app = express();
app.use('/auth', revocationRouter(live, { oauth: { clients: [{ id: 'web', secret: WEB_SECRET }] }, sessions: {} }));
app.use('/api', requireLiveToken(live));
app.get('/api/me', (req, res) => { res.json(req.auth?.claims); });
app.get('/api/typed', (req, res) => {
  // @ts-expect-error -- req.auth has a type, and no such property
  res.json(req.auth?.nonsense);
});

async function main(): Promise<void> {
  await live.ready();
  const server = app.listen(0, '127.0.0.1', () => { console.log((server.address() as AddressInfo).port); });
  process.stdin.resume().once('end', () => {
    server.close();
    server.closeAllConnections();
    endInstrumenting();
    void live.close().then(disconnect);
  });
}

void main();
`;
