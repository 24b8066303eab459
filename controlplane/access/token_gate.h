// The tokens that are good now; only their SHA-256 is known.
//
// They come and go while the control plane runs: who changes them in the store says so here.
// Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "controlplane/access/principal.h"
#include "controlplane/store/enrolment_rows.h"

namespace sluice::access {

// "viewer", "operator" or "owner"; nothing for another text.
std::optional<Role> AdminRoleOf(std::string_view text);
std::string_view AdminRoleName(Role role);

class TokenGate {
 public:
  // `clock` must outlive the object. DataLoss names a token whose role is unknown.
  static absl::StatusOr<std::unique_ptr<TokenGate>> Make(const std::vector<store::TokenRow>& tokens,
                                                         const base::Clock& clock);

  // Unauthenticated: one answer for everything that is no such token; another for one that has
  // expired.
  absl::StatusOr<Principal> CheckAdmin(std::string_view token) const;
  // The role is kNode, or kNewcomer for a token for one use. Unauthenticated also, and says so, for
  // a token that has expired or been used up.
  absl::StatusOr<Principal> CheckJoin(std::string_view token) const;

  // From now on. Of an admin token the role must be one.
  void Put(const store::TokenRow& token);
  void MarkUsed(std::string_view id, std::string_view node);
  void Erase(std::string_view id);

 private:
  struct Entry {
    Principal principal;
    base::Secret sha256;
    absl::Time expires_at = absl::InfiniteFuture();
    std::string used_by = {};
  };
  using Entries = absl::flat_hash_map<std::string, Entry>;

  explicit TokenGate(const base::Clock& clock) : clock_(clock) {}
  static Entry EntryOf(const store::TokenRow& token, Role role);
  static const Entry* Find(const Entries& entries, std::string_view prefix, std::string_view token);

  const base::Clock& clock_;
  mutable absl::Mutex mutex_;
  Entries admin_ ABSL_GUARDED_BY(mutex_);
  Entries join_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::access
