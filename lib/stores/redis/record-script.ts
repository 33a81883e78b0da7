/**
 * Records a batch of revocations, all or none.
 *
 * KEYS  1 log   2 audit   3 state   4.. the targets
 * ARGV  1 incarnation to take if there is none   2 nonce of this write
 *       3 least ms for which the log keeps entries   4 ms for which the audit log does
 *       5 most ms an epoch may lie ahead             6 least ms by which keepUntil is moved
 *       then for each target: name, epoch (now | * | ms), ms to keep it, audit fields as JSON
 * Reply now, then for each target: epoch, keepUntil, 1 if the epoch moved
 *
 * All is read and checked before anything is written, so a wrong argument or a key of a foreign type changes nothing; the log
 * is written before the targets, so a write cut short is seen by those who follow the log rather than by nobody. How long the
 * log keeps entries only ever grows: an instance configured for shorter tokens must not trim what another one still needs.
 */
export const RECORD_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local log, audit, state = KEYS[1], KEYS[2], KEYS[3]
local incarnation = redis.call('HGET', state, 'incarnation') or ARGV[1]
local nonce = ARGV[2]
local logMs = math.max(tonumber(ARGV[3]), tonumber(redis.call('HGET', state, 'logMs') or 0))
local auditMs, aheadMs, slackMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local PER_TARGET, HEAD = 4, 6

local function text(ms)
  if ms == math.huge then return '*' end
  return string.format('%.0f', ms)
end

local function number(ms)
  if ms == '*' then return math.huge end
  return tonumber(ms)
end

local merged = {}
local reply = { text(now) }
for i = 1, #KEYS - 3 do
  local key = KEYS[i + 3]
  local at = HEAD + (i - 1) * PER_TARGET
  local wanted = ARGV[at + 2]
  local epoch = wanted == 'now' and now or number(wanted)
  local keepFor = tonumber(ARGV[at + 3])
  if not epoch or not keepFor or keepFor < 1 then return redis.error_reply('LIVETOKEN bad argument') end
  if epoch ~= math.huge and epoch > now + aheadMs then return redis.error_reply('LIVETOKEN epoch in the future') end
  local keepUntil = now + keepFor
  logMs = math.max(logMs, keepFor)

  local was = merged[key]
  if not was then
    local value = redis.call('GET', key)
    if value then
      local e, u = string.match(value, '^(%*?%d*) (%d+)$')
      was = { epoch = number(e), keepUntil = tonumber(u) }
      if not was.epoch or not was.keepUntil then return redis.error_reply('LIVETOKEN a revocation in it cannot be read') end
    end
  end
  local is = { key = key, name = ARGV[at + 1], note = ARGV[at + 4], epoch = epoch, keepUntil = keepUntil, moved = true, write = true }
  if was then
    is.epoch = math.max(was.epoch, epoch)
    is.keepUntil = math.max(was.keepUntil, keepUntil)
    is.moved = is.epoch > was.epoch
    is.write = is.moved or is.keepUntil > was.keepUntil + slackMs
    if not is.write then is.keepUntil = was.keepUntil end
  end
  merged[i] = is
  merged[key] = is
  reply[#reply + 1] = text(is.epoch)
  reply[#reply + 1] = text(is.keepUntil)
  reply[#reply + 1] = is.moved and '1' or '0'
end

local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
redis.call('XLEN', audit)
local previous = incarnation
if last then
  for i = 1, #last[2], 2 do
    if last[2][i] == 'n' then previous = last[2][i + 1] end
  end
end

for i, is in ipairs(merged) do
  if is.write then
    local own = nonce .. (i > 1 and tostring(i) or '')
    redis.call('XADD', log, 'MINID', '~', text(math.max(0, now - logMs)), '*',
      'k', is.name, 'e', text(is.epoch), 'u', text(is.keepUntil), 'n', own, 'p', previous)
    previous = own
  end
end
for _, is in ipairs(merged) do
  if is.moved then
    redis.call('XADD', audit, 'MINID', '~', text(math.max(0, now - auditMs)), '*', 'at', text(now), 'epoch', text(is.epoch), 'note', is.note)
  end
end
for _, is in ipairs(merged) do
  if is.write then redis.call('SET', is.key, text(is.epoch) .. ' ' .. text(is.keepUntil), 'PX', text(is.keepUntil - now)) end
end
redis.call('HSET', state, 'incarnation', incarnation, 'logMs', text(logMs))
return reply
`;
