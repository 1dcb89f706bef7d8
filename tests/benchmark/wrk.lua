-- Sends the requests of a file in turn, one JSON body on each line, each by the next of the callers, whose tokens are
-- the arguments after the file. Reports the figures as one line of JSON.

local requests = {}
local sent = 0

function init(arguments)
  local bodies = {}
  for body in io.lines(arguments[1]) do
    bodies[#bodies + 1] = body
  end
  local callers = #arguments - 1
  for number = 0, #bodies * callers - 1 do
    local headers = {
      ["Accept"] = "application/json",
      ["Content-Type"] = "application/json",
      ["Authorization"] = "Bearer " .. arguments[2 + number % callers],
    }
    requests[#requests + 1] = wrk.format("POST", nil, headers, bodies[1 + number % #bodies])
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
