// A program of its own, so that a new machine can install what the tests need while something else is done on it.
import { findOrInstallChromium } from '../console/support/find-chromium.js';
import { findOrInstallNginx } from '../docs/support/nginx.js';
import { installApacheIfMissing } from './find-apache.js';
import { findOrInstallRedis } from './find-redis.js';

/** One after the other: apt-get does one thing at a time. */
async function installAll(): Promise<void> {
  await findOrInstallRedis();
  await installApacheIfMissing();
  await findOrInstallNginx();
  await findOrInstallChromium();
}

installAll().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
