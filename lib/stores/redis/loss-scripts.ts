/**
 * Writes down that data was lost, unless that was settled already, or it is what is there now.
 *
 * KEYS  1 state
 * ARGV  1 incarnation of the data that was lost
 */
export const NOTE_LOSS_SCRIPT = `
local isThere = redis.call('HGET', KEYS[1], 'incarnation') == ARGV[1]
if not isThere and redis.call('HEXISTS', KEYS[1], 'settled:' .. ARGV[1]) == 0 then redis.call('HSET', KEYS[1], 'lost', ARGV[1]) end
return 1
`;

/**
 * Writes down that the log lacks entries that it should still have, if that is so, and until when that matters. Once for each time that
 * it lost some: its length is known again from then on.
 *
 * KEYS  1 log   2 state
 */
export const NOTE_TORN_SCRIPT = `
local state = redis.call('HMGET', KEYS[2], 'length', 'logMs')
local length = redis.call('XLEN', KEYS[1])
if length >= tonumber(state[1] or 0) then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], 'length', length, 'torn', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(state[2] or 0)))
return 1
`;

/**
 * Writes down that lost data is settled: it is there again, or need not be. What is not lost cannot be settled beforehand.
 *
 * KEYS  1 state
 * ARGV  incarnations of data that may have been lost
 */
export const SETTLE_LOSS_SCRIPT = `
local state = redis.call('HMGET', KEYS[1], 'incarnation', 'lost')
for _, incarnation in ipairs(ARGV) do
  if incarnation ~= state[1] then redis.call('HSET', KEYS[1], 'settled:' .. incarnation, 1) end
  if incarnation == state[2] then redis.call('HDEL', KEYS[1], 'lost') end
end
return 1
`;

/**
 * Writes down that the log has everything again.
 *
 * KEYS  1 log   2 state
 */
export const MENDED_SCRIPT = `
redis.call('HSET', KEYS[2], 'length', redis.call('XLEN', KEYS[1]))
return redis.call('HDEL', KEYS[2], 'torn')
`;
