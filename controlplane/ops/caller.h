// On whose behalf a use case runs; what the history and the audit say of it.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "controlplane/access/principal.h"
#include "controlplane/store/audit_log.h"

namespace sluice::ops {

// The wish that part of the fleet gets a write first; both as the caller wrote them.
struct CanaryRequest {
  std::string selector;    // "LABEL=VALUE" or "N%"
  std::string max_errors;  // "N%"; empty: no rule
};

struct Caller {
  access::Principal principal;
  std::string peer;  // address, e.g. "ipv4:127.0.0.1:4711"
  std::string rpc;   // e.g. "CreateProvider"
  std::optional<CanaryRequest> canary = std::nullopt;
};

// For the audit of what makes no revision; the summary is still to be filled in.
inline store::AuditEntry EntryOf(const Caller& caller, absl::Time now) {
  store::AuditEntry entry;
  entry.at = now;
  entry.actor = caller.principal.name;
  entry.token = caller.principal.token_id;
  entry.peer = caller.peer;
  entry.rpc = caller.rpc;
  return entry;
}

}  // namespace sluice::ops
