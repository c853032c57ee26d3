/**
 * Takes from buckets as src/rate_limits/gcra.ts does, in one step: all of them or none.
 *
 * KEYS: the buckets, each holding `level|at`, written as whole numbers.
 * ARGV: now in milliseconds, or empty for the server's own clock; what it costs; how much longer than it takes to
 * empty a bucket is kept; then burst, units and perMs of each bucket.
 * Answers "1" or "0", then of each bucket `level|at` before anything was taken.
 *
 * It touches no key it does not declare, and suits Lua 5.1 (Redis) as well as 5.4 (Dragonfly). Numbers are written with
 * `%.0f`, for Lua 5.1 would round those of more than 14 digits.
 */
export const takeScript = `
local function ceil_div(dividend, divisor)
  local rest = dividend % divisor
  local whole = (dividend - rest) / divisor
  if rest > 0 then whole = whole + 1 end
  return whole
end
local function written(level, at)
  return string.format('%.0f|%.0f', level, at)
end

local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local cost = tonumber(ARGV[2])
local admitted = true
local levels = {}
local set_back = {}
local answer = { '1' }
for i = 1, #KEYS do
  local burst = tonumber(ARGV[i * 3 + 1])
  local units = tonumber(ARGV[i * 3 + 2])
  local per_ms = tonumber(ARGV[i * 3 + 3])
  local level = 0
  local kept = redis.call('GET', KEYS[i])
  if kept then
    local bar = string.find(kept, '|', 1, true)
    level = tonumber(string.sub(kept, 1, bar - 1))
    local at = tonumber(string.sub(kept, bar + 1))
    local elapsed = 0
    if now > at then elapsed = now - at end
    set_back[i] = now < at
    if elapsed >= ceil_div(level, units) then level = 0 else level = level - elapsed * units end
  end
  levels[i] = level
  answer[i + 1] = written(level, now)
  if level + cost * per_ms > burst * per_ms then admitted = false end
end
if not admitted then
  answer[1] = '0'
  cost = 0
end
for i = 1, #KEYS do
  local level = levels[i] + cost * tonumber(ARGV[i * 3 + 3])
  if level > 0 and (cost > 0 or set_back[i]) then
    local kept_ms = ceil_div(level, tonumber(ARGV[i * 3 + 2])) + tonumber(ARGV[3])
    redis.call('SET', KEYS[i], written(level, now), 'PX', string.format('%.0f', kept_ms))
  end
end
return answer
`;
