/**
 * Uses what may be used once.
 *
 * KEYS  1 when it was first used, and by which call: `<ms> <name>`, and ` seen` where another call was told of it
 * ARGV  1 ms to remember that   2 name of this call
 * Reply '1' if this was its first use, else '0'; when that was; now
 *
 * A call that is sent twice, because its connection broke, is still the first.
 */
export const USE_ONCE_SCRIPT = `
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local use = redis.call('GET', KEYS[1])
if not use then
  redis.call('SET', KEYS[1], now .. ' ' .. ARGV[2], 'PX', ARGV[1])
  return { '1', now, now }
end
local first, name = string.match(use, '^(%d+) (%S+)')
if not first then return redis.error_reply('LIVETOKEN a use in it cannot be read') end
if name == ARGV[2] then return { '1', first, now } end
if use == first .. ' ' .. name then redis.call('APPEND', KEYS[1], ' seen') end
return { '0', first, now }
`;

/**
 * Takes a first use back, unless somebody was told of it: it can then be used again.
 *
 * KEYS  1 as above
 * ARGV  1 name of the call
 * Reply 1 if it was taken back
 */
export const TAKE_BACK_SCRIPT = `
local use = redis.call('GET', KEYS[1])
if not use or string.match(use, '^%d+ (%S+)$') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;
