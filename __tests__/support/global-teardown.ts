import { sharedRedis } from './global-setup.ts';

export default async function globalTeardown(): Promise<void> {
  await sharedRedis?.stop();
}
