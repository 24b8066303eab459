// The sealed secrets of provider keys and token issuers, wherever they rest: in these as they are
// now and in what the history keeps of them. How they are sealed can change; what they are does
// not.
//
// Within the transaction of whoever holds one. Not thread-safe.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::store {

struct StoredSecret {
  ResourceKey owner;
  std::string body;      // the serialised message of the owner, or of one with the same material
  std::string material;  // as it is sealed
};

class SecretRows {
 public:
  explicit SecretRows(SQLite::Database& database) : database_(database) {}

  // DataLoss if a resource is not as its history has it last.
  absl::Status CheckHistory() const;
  // How many there are, by their first `bytes` bytes; those that do not begin with `mark` under "".
  absl::StatusOr<std::map<std::string, int64_t>> Count(std::string_view mark, size_t bytes) const;
  // Those of now and of the history, each once.
  absl::StatusOr<std::vector<StoredSecret>> All() const;
  // Those that are in use now.
  absl::StatusOr<std::vector<StoredSecret>> InUse() const;
  // At most `limit` that have secrets now or had some, after `after`, in order.
  absl::StatusOr<std::vector<ResourceKey>> Owners(const ResourceKey& after, int limit) const;
  // All that the owner has or had, each once.
  absl::StatusOr<std::vector<StoredSecret>> Of(const ResourceKey& owner) const;

  // Everywhere where the owner has it: what was equal stays equal.
  absl::Status Replace(const ResourceKey& owner, const std::string& material,
                       const std::string& by);
  absl::Status PutMeta(const std::string& key, const std::string& value);

 private:
  SQLite::Database& database_;
};

}  // namespace sluice::store
