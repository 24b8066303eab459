// Seals provider keys for their rest in the database, each bound to the row it belongs to: sealed
// bytes moved to another row do not open. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::sealing {

class Sealer {
 public:
  // `master_key` must have crypto::kAeadKeyBytes.
  explicit Sealer(base::Secret master_key) : master_key_(std::move(master_key)) {}

  std::string SealProviderKey(std::string_view id, const base::Secret& secret) const;
  // DataLoss names the id.
  absl::StatusOr<base::Secret> OpenProviderKey(std::string_view id, std::string_view sealed) const;

  // A value to store with a new database, and whether a stored one was made with this master key.
  std::string MakeCheckValue() const;
  bool Matches(std::string_view check_value) const;

 private:
  base::Secret master_key_;
};

}  // namespace sluice::sealing
