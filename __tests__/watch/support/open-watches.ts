import { createLiveTokens, memoryStore } from 'livetoken';

// A program that ends although its tokens live for minutes, or for longer than a timer can wait.

const live = createLiveTokens({ store: memoryStore(), maxLifetime: 90 * 86_400 });
const iat = Math.floor(Date.now() / 1000);
const signals = [60, 3600, 60 * 86_400].map(lifetimeS => live.watch({ jti: String(lifetimeS), iat, exp: iat + lifetimeS }));
const states = (): string => JSON.stringify(signals.map(({ aborted }) => aborted));
console.log(`begun: ${states()}`);
process.on('exit', () => { console.log(`ended: ${states()}`); });
