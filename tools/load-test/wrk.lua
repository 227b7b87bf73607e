-- Counts what wrk alone does not tell (statuses, and how many requests came when), and prints the result as JSON.
-- `tick N MS`: N requests of one thread in the latest MS milliseconds. One write for a line, or threads would mix them.
local TICK_MS = 250
local PERCENTILES = { p50 = 50, p90 = 90, p99 = 99, p999 = 99.9 }

local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } keystone_time;
  int clock_gettime(int clock, keystone_time *time);
]]
local WALL_CLOCK = 0
local time = ffi.new('keystone_time')

local threads = {}

local function now()
  ffi.C.clock_gettime(WALL_CLOCK, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1000000
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  statuses = {}
  pending = 0
  since = now()
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
  pending = pending + 1
  local at = now()
  if at - since < TICK_MS then return end
  io.stdout:write(string.format('tick %d %d\n', pending, at - since))
  io.stdout:flush()
  pending = 0
  since = at
end

local function fields(pairs_of)
  local parts = {}
  for name, value in pairs(pairs_of) do parts[#parts + 1] = string.format('"%s":%.0f', name, value) end
  return '{' .. table.concat(parts, ',') .. '}'
end

function done(summary, latency)
  local total = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get('statuses')) do total[status] = (total[status] or 0) + count end
  end
  local micros = { mean = latency.mean, max = latency.max }
  for name, rank in pairs(PERCENTILES) do micros[name] = latency:percentile(rank) end
  local errors = summary.errors
  io.stdout:write('result ' .. string.format(
    '{"requests":%.0f,"bytes":%.0f,"duration_us":%.0f,"latency_us":%s,"statuses":%s,"errors":%s}\n',
    summary.requests, summary.bytes, summary.duration, fields(micros), fields(total),
    fields({ connect = errors.connect, read = errors.read, write = errors.write, timeout = errors.timeout })))
end
