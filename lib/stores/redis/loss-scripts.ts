import { EXPECTED } from '../log.js';

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
 * Writes down that lost data is settled: it is there again, or need not be. What is not lost cannot be settled beforehand. Whoever has
 * found nothing where he expected data, and may not have been able to write that down, missed the same.
 *
 * KEYS  1 state
 * ARGV  incarnations of data that may have been lost
 */
export const SETTLE_LOSS_SCRIPT = `
local state = redis.call('HMGET', KEYS[1], 'incarnation', 'lost')
local settled = {}
for _, incarnation in ipairs(ARGV) do
  if incarnation ~= state[1] then settled[incarnation] = true end
end
if next(settled) then settled['${EXPECTED}'] = true end
for incarnation in pairs(settled) do
  redis.call('HSET', KEYS[1], 'settled:' .. incarnation, 1)
  if incarnation == state[2] then redis.call('HDEL', KEYS[1], 'lost') end
end
return 1
`;

/**
 * Writes down that the log has everything again that it lacked when somebody noted this of it. What it has lost since is for the next
 * one to mend, noted or not: its length is never taken for less here.
 *
 * KEYS  1 log   2 state
 * ARGV  1 what was noted (torn); empty where that was nothing
 */
export const MENDED_SCRIPT = `
local state = redis.call('HMGET', KEYS[2], 'length', 'torn')
local length, left = redis.call('XLEN', KEYS[1]), tonumber(state[1] or 0)
-- Always a write: to whoever may not write this is an error.
redis.call('HSET', KEYS[2], 'length', math.max(length, left))
if length >= left and state[2] == ARGV[1] then redis.call('HDEL', KEYS[2], 'torn') end
return 1
`;
