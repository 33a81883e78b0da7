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
 * Writes down which of these numbers was acknowledged, and by how many replicas: for those who ask for so many, or for fewer. On a
 * cluster it may end at another node than the one that was acknowledged, which has not counted so far.
 *
 * KEYS  1 state
 * ARGV  1 the number   2 replicas that acknowledged it
 */
export const PROVEN_SCRIPT = `
local counted = tonumber(redis.call('HGET', KEYS[1], 'acknowledged') or 0)
if counted < tonumber(ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[1], 'room')
for replicas = 1, tonumber(ARGV[2]) do redis.call('HSET', KEYS[1], 'proven:' .. replicas, ARGV[1]) end
return 1
`;
