/**
 * Records a batch of revocations, all or none.
 *
 * KEYS  1 log   2 audit   3 state   4.. the bucket of each target
 * ARGV  1 incarnation to take if there is none   2 nonce of this write
 *       3 least ms for which the log keeps entries   4 ms for which the audit log does
 *       5 most ms an epoch may lie ahead             6 least ms by which keepUntil is moved
 *       7 1 to restore: into the log in any case, and no note in the audit log
 *       then for each target: name in the log, epoch (now | * | ms), ms to keep it, audit fields as JSON
 * Reply now, incarnation, then for each target: epoch, keepUntil, 1 if the epoch moved
 *
 * All is read and checked before anything is written, so a wrong argument or a key of a foreign type changes nothing; the log
 * is written before the targets, so a write cut short is seen by those who follow the log rather than by nobody. How long the
 * log keeps entries only ever grows: an instance configured for shorter tokens must not trim what another one still needs.
 *
 * Nobody else takes entries from the log, so its length is known; where it is less, the state says until when that matters (`torn`).
 *
 * A bucket stays as long as what is kept longest in it. Its other fields are swept when it has grown by some more: all of it
 * while it is small, a sample of a large one, so that no write takes long. Until then an expired field counts as absent here.
 */
export const RECORD_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local log, audit, state = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('HMGET', state, 'incarnation', 'logMs', 'length')
local incarnation = known[1] or ARGV[1]
local nonce = ARGV[2]
local logMs = math.max(tonumber(ARGV[3]), tonumber(known[2] or 0))
local isTorn = redis.call('XLEN', log) < tonumber(known[3] or 0)
local auditMs, aheadMs, slackMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local isRestoring = ARGV[7] == '1'
local PER_TARGET, HEAD, FIELD_LENGTH = 4, 7, 20
local SWEEP_EVERY, SWEEP_WHOLE, SWEEP_SAMPLE = 16, 512, 64

local function text(ms)
  if ms == math.huge then return '*' end
  return string.format('%.0f', ms)
end

local function number(ms)
  if ms == '*' then return math.huge end
  if not string.match(ms, '^%d+$') or #ms > 16 then return nil end
  return tonumber(ms)
end

local function read(value)
  local epoch, keepUntil = string.match(value, '^(%d+) (%d+)$')
  return number(epoch or '*'), number(keepUntil or value)
end

local function written(is)
  if is.epoch == math.huge then return text(is.keepUntil) end
  return text(is.epoch) .. ' ' .. text(is.keepUntil)
end

local merged = {}
local reply = { text(now), incarnation }
for i = 1, #KEYS - 3 do
  local bucket = KEYS[i + 3]
  local at = HEAD + (i - 1) * PER_TARGET
  local name, wanted = ARGV[at + 1], ARGV[at + 2]
  local field = string.sub(name, -FIELD_LENGTH)
  local epoch = wanted == 'now' and now or number(wanted)
  local keepFor = number(ARGV[at + 3])
  if not epoch or not keepFor or keepFor < 1 then return redis.error_reply('LIVETOKEN bad argument') end
  if epoch ~= math.huge and epoch > now + aheadMs then return redis.error_reply('LIVETOKEN epoch in the future') end
  local keepUntil = now + keepFor
  logMs = math.max(logMs, keepFor)

  local was = merged[name]
  if not was then
    local value = redis.call('HGET', bucket, field)
    if value then
      local e, u = read(value)
      if not e or not u or u == math.huge then return redis.error_reply('LIVETOKEN a revocation in it cannot be read') end
      if u > now then was = { epoch = e, keepUntil = u } end
    end
  end
  local is = { bucket = bucket, field = field, name = name, note = ARGV[at + 4], epoch = epoch, keepUntil = keepUntil, moved = true, write = true }
  if was then
    is.epoch = math.max(was.epoch, epoch)
    is.keepUntil = math.max(was.keepUntil, keepUntil)
    is.moved = is.epoch > was.epoch
    is.write = isRestoring or is.moved or is.keepUntil > was.keepUntil + slackMs
    if not is.write then is.keepUntil = was.keepUntil end
  end
  merged[i] = is
  merged[name] = is
  reply[#reply + 1] = text(is.epoch)
  reply[#reply + 1] = text(is.keepUntil)
  reply[#reply + 1] = is.moved and '1' or '0'
end

local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
redis.call('XLEN', audit)
local previous = last and string.match(last[2][2], '^%S+ %d+ (%S+) ') or incarnation

for i, is in ipairs(merged) do
  if is.write then
    local own = nonce .. (i > 1 and tostring(i) or '')
    local entry = is.name .. ' ' .. text(is.keepUntil) .. ' ' .. own .. ' ' .. previous
    if is.epoch ~= math.huge then entry = entry .. ' ' .. text(is.epoch) end
    redis.call('XADD', log, 'MINID', '~', text(math.max(0, now - logMs)), '*', 'r', entry)
    previous = own
  end
end
for _, is in ipairs(merged) do
  if is.moved and not isRestoring then
    redis.call('XADD', audit, 'MINID', '~', text(math.max(0, now - auditMs)), '*', 'at', text(now), 'epoch', text(is.epoch), 'note', is.note)
  end
end

local grown = {}
for _, is in ipairs(merged) do
  if is.write then
    local added = redis.call('HSET', is.bucket, is.field, written(is))
    local size, ttl, keepFor = redis.call('HLEN', is.bucket), redis.call('PTTL', is.bucket), is.keepUntil - now
    local isNew = added == 1 and size == 1
    -- One that has no end although it is not new was given none by somebody: to give it one would be to shorten it.
    if isNew or (ttl >= 0 and ttl < keepFor) then redis.call('PEXPIRE', is.bucket, text(keepFor)) end
    if added == 1 and size % SWEEP_EVERY == 0 then grown[is.bucket] = true end
  end
end
redis.call('HSET', state, 'incarnation', incarnation, 'logMs', text(logMs), 'length', redis.call('XLEN', log))
if isTorn then redis.call('HSET', state, 'torn', text(now + logMs)) end

for bucket in pairs(grown) do
  local size = redis.call('HLEN', bucket)
  local fields = redis.call('HRANDFIELD', bucket, size <= SWEEP_WHOLE and size or SWEEP_SAMPLE, 'WITHVALUES')
  local expired = {}
  for i = 1, #fields, 2 do
    local value = fields[i + 1]
    local soon = tonumber(value) or tonumber(string.match(value, ' (%d+)$') or '')
    -- Reading it properly takes longer: for those few only that are about to leave.
    if soon and soon <= now and select(2, read(value)) == soon then expired[#expired + 1] = fields[i] end
  end
  if #expired > 0 then redis.call('HDEL', bucket, unpack(expired)) end
end
return reply
`;
