import { findOrInstallChromium } from './find-chromium.js';

// A program of its own, so that a new machine can install Chromium while something else is done on it:
//
//   node --import tsx __tests__/console/support/install-chromium.ts &

findOrInstallChromium().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
