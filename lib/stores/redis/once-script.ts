/**
 * Uses what may be used once.
 *
 * KEYS  1 when it was first used
 * ARGV  1 ms to remember that
 * Reply '1' if this was its first use, else '0'; when that was; now
 */
export const USE_ONCE_SCRIPT = `
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local first = redis.call('GET', KEYS[1])
if first then return { '0', first, now } end
redis.call('SET', KEYS[1], now, 'PX', ARGV[1])
return { '1', now, now }
`;
