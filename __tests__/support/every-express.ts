import express5 from 'express';
import express4 from 'express4';

/** For `describe.each`: an application may be on either. */
export const EVERY_EXPRESS = [
  { name: 'Express 5', express: express5 },
  { name: 'Express 4', express: express4 },
] as const;
