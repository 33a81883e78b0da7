/*
 * Redis refuses what could take memory when it has none left, except to a script that has written before: and to take away what is
 * not there is a write. So both go through on a Redis that is full: it records nothing more, but can still be believed.
 */

/**
 * Counts up, for the replicas to acknowledge.
 *
 * KEYS  1 state
 * Reply the number
 */
export const BEAT_SCRIPT = `redis.call('HDEL', KEYS[1], 'room') return redis.call('HINCRBY', KEYS[1], 'acknowledged', 1)`;

/**
 * Writes down which of these numbers was acknowledged.
 *
 * KEYS  1 state
 * ARGV  1 the number
 */
export const PROVEN_SCRIPT = `redis.call('HDEL', KEYS[1], 'room') return redis.call('HSET', KEYS[1], 'proven', ARGV[1])`;
