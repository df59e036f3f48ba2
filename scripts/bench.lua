-- One request of scripts/bench.sh. wrk calls request() for each.
local what, run = os.getenv("WHAT"), os.getenv("RUN")
local first = tonumber(os.getenv("FIRST"))
local count = 0

wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer bench-token"
wrk.headers["Content-Type"] = "application/json"
math.randomseed(os.time())

function request()
  count = count + 1
  local account = first + math.random(0, 999)
  local key = run .. "-" .. count
  if what == "replay" then
    account, key = first, run -- one key, one body: the first request runs, all others are replays
  end
  local body = '{"account_id": ' .. account .. ', "amount": 1, "currency": "EUR", "reference": "bench"}'
  wrk.headers["Idempotency-Key"] = key
  return wrk.format(nil, what == "unprotected" and "/unprotected/payments" or "/payments", nil, body)
end

-- scripts/memory.sh paces the requests: so many milliseconds before each.
if os.getenv("PAUSE") then
  function delay()
    return tonumber(os.getenv("PAUSE"))
  end
end
