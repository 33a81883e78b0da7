export const sharedRedisVariable = 'LIVETOKEN_TEST_REDIS_URL';

/** The Redis that all tests share: keep to a namespace of your own in it, and start another to break it. */
export function sharedRedisUrl(): string {
  const url = process.env[sharedRedisVariable];
  if (url === undefined) {
    throw new Error(`${sharedRedisVariable} is not set: run the tests with jest, whose global setup starts Redis.`);
  }
  return url;
}
