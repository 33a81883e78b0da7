import { startDemo } from '../server.js';

// One instance of a fleet: the demo, at any free port, for as long as the process that started it.

async function main(): Promise<void> {
  // A terminal sends Ctrl-C to everybody in it. The process that started this one says when it is time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const orphaned = new Promise<void>(resolve => process.once('disconnect', resolve));
  const { url, close } = await startDemo({ host: '127.0.0.1', port: 0, redisUrl: process.env['REDIS_URL'] });
  if (process.connected) process.send?.({ url });
  await orphaned;
  await close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
