-- wrk: POST the bodies of a folder in turn; prints what happened as one line of JSON.
-- usage: wrk … -s post.lua <url> -- <folder> <count> <path> <content type>
local requests = {}
local turn = 0

function init(args)
  local folder, count, path, kind = args[1], tonumber(args[2]), args[3], args[4]
  for i = 0, count - 1 do
    local file = assert(io.open(folder .. "/" .. i, "rb"))
    local body = file:read("*a")
    file:close()
    requests[i] = wrk.format("POST", path, { ["Content-Type"] = kind }, body)
  end
end

function request()
  turn = (turn + 1) % (#requests + 1)
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"micros":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
