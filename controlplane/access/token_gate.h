// Says who a caller is, and no to whoever may not call: every RPC passes it first.
//
// Tokens are read once, from the store; only their SHA-256 is known. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/access/rpc_rules.h"
#include "controlplane/store/store.h"

namespace sluice::access {

struct Principal {
  std::string token_id;  // public
  std::string name;
  Role role = Role::kViewer;
};

class TokenGate {
 public:
  // DataLoss names a token whose role is unknown.
  static absl::StatusOr<TokenGate> Load(store::Store& store);

  // Unauthenticated: `token` is not a valid token of the kind that `method` takes (one answer for
  // all reasons). PermissionDenied: its role may not call `method`, or there is no rule for it.
  absl::StatusOr<Principal> Admit(std::string_view method, std::string_view token) const;

 private:
  struct Entry {
    Principal principal;
    base::Secret sha256;
  };

  const Entry* Find(std::string_view prefix, std::string_view token) const;

  absl::flat_hash_map<std::string, Entry> by_id_;
};

}  // namespace sluice::access
