-- Health of all kinds of Mayfly, for Argo CD: all report in the same way.
-- test/gitops/health-snippets.test.ts writes this text into the two YAML files beside it.
local conditions = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    conditions[condition.type] = condition
  end
end

local function say(status, condition)
  local message = condition.reason
  if condition.message ~= nil and condition.message ~= "" then
    message = message .. ": " .. condition.message
  end
  return { status = status, message = message }
end

-- What Ready says of an older generation says nothing of this one.
local ready = conditions["Ready"]
if ready == nil or (ready.observedGeneration or 0) < (obj.metadata.generation or 0) then
  return { status = "Progressing", message = "The operator has not judged this generation yet" }
end
-- Also what is not served yet (NotServed, of event source mappings): Suspended would let a sync wait for it for ever.
if ready.status == "False" then
  return say("Degraded", ready)
end
if ready.status ~= "True" then
  return say("Progressing", ready)
end

-- There only while the last execution environment could not be made; Ready does not tell.
local workload = conditions["WorkloadAvailable"]
if workload ~= nil and workload.status == "False" then
  return say("Degraded", workload)
end
return say("Healthy", ready)
