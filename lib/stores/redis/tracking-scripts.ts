/**
 * Remembers a token and lists it as active under its targets; a token that is known already stays as it is.
 *
 * KEYS  1 the token   2.. the index of each target
 * ARGV  1 its member in the indexes   2 JSON   3 ms until it expires
 *       4 prefix below which members have expired   5 when it was revoked, or ''
 * Reply 1 if it was not known
 *
 * The indexes are looked at before anything is written: one of a foreign type must not leave a token that is in no list.
 */
export const TRACK_SCRIPT = `
local member, json, ttl, expired, revokedAt = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for i = 2, #KEYS do redis.call('ZCARD', KEYS[i]) end
redis.call('HSET', KEYS[1], 'json', json)
if revokedAt ~= '' then redis.call('HSET', KEYS[1], 'revokedAt', revokedAt) end
redis.call('PEXPIRE', KEYS[1], ttl)
for i = 2, #KEYS do
  redis.call('ZREMRANGEBYLEX', KEYS[i], '-', '(' .. expired)
  if revokedAt == '' then
    redis.call('ZADD', KEYS[i], 0, member)
    if redis.call('PTTL', KEYS[i]) < ttl then redis.call('PEXPIRE', KEYS[i], ttl) end
  end
end
return 1
`;

/**
 * Marks a tracked token as revoked and takes it off the lists of the active.
 *
 * KEYS  1 the token   2.. the index of each target
 * ARGV  1 its member in the indexes   2 when it was revoked
 * Reply 1 if this call marked it
 */
export const RETIRE_SCRIPT = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HSETNX', KEYS[1], 'revokedAt', ARGV[2]) == 0 then return 0 end
for i = 2, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
return 1
`;
