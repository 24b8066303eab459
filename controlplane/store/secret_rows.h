// The sealed secrets of provider keys, wherever they rest: in the keys as they are now and in what
// the history keeps of them. How they are sealed can change; what they are does not.
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

namespace sluice::store {

struct StoredSecret {
  std::string id;        // of the provider key
  std::string body;      // the serialised config.v1.ProviderKey that it belongs to, or one like it
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
  // The ids of at most `limit` provider keys of now or earlier, after `after`, in order.
  absl::StatusOr<std::vector<std::string>> Ids(std::string_view after, int limit) const;
  // All that the provider key has or had, each once.
  absl::StatusOr<std::vector<StoredSecret>> Of(std::string_view id) const;

  // Everywhere where the provider key has it: what was equal stays equal.
  absl::Status Replace(std::string_view id, const std::string& material, const std::string& by);
  absl::Status PutMeta(const std::string& key, const std::string& value);

 private:
  absl::StatusOr<std::vector<StoredSecret>> Between(std::string_view first,
                                                    std::string_view last) const;

  SQLite::Database& database_;
};

}  // namespace sluice::store
