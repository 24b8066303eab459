// The look-ups that readers and writers share, within the transaction of whoever holds one.
// Not thread-safe; lives as long as its Reading or Change.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/store/resource.h"

namespace sluice::store {

// What a resource was at two revisions; unequal.
struct ResourceSpan {
  struct State {
    std::string body;
    std::string material;
    bool operator==(const State&) const = default;
  };
  ResourceKind kind = ResourceKind::kSettings;
  std::string id;
  std::optional<State> before;  // none: it did not exist
  std::optional<State> after;
};

struct ResourceKey {
  ResourceKind kind = ResourceKind::kSettings;
  std::string id;
  // NOLINTNEXTLINE(modernize-use-nullptr): takes the comparison with 0 in it for a pointer's
  auto operator<=>(const ResourceKey&) const = default;
};

class ResourceRows {
 public:
  explicit ResourceRows(SQLite::Database& database) : database_(database) {}

  // Rows of this revision are the transaction's own: the history does not have them yet.
  void Own(int64_t revision) { own_revision_ = revision; }

  // The newest; 0 in a new store.
  absl::StatusOr<int64_t> Revision() const;
  // DataLoss for a provider key or token issuer that is not as the history has it last: a row that
  // was put back from an earlier time, or changed by hand.
  absl::StatusOr<std::optional<ResourceRow>> FindById(ResourceKind kind, std::string_view id) const;
  absl::StatusOr<std::optional<ResourceRow>> FindByName(ResourceKind kind,
                                                        std::string_view name) const;
  // Ordered by id. DataLoss as FindById.
  absl::StatusOr<std::vector<ResourceRow>> List(ResourceKind kind) const;
  // Only those that hold a name.
  absl::StatusOr<int> CountNamed(ResourceKind kind) const;
  // What the changes after `from`, up to and with `to`, made different; by kind and id.
  absl::StatusOr<std::vector<ResourceSpan>> Between(int64_t from, int64_t to) const;
  // What those changes touched, by kind and id; one more than `limit` if there is more. What a
  // rollout held at any time in between is part of it: some node may have had it otherwise.
  absl::StatusOr<std::vector<ResourceKey>> Touched(int64_t from, int64_t to, int limit) const;

 private:
  absl::StatusOr<std::optional<ResourceRow>> Find(ResourceKind kind, const char* column,
                                                  std::string_view value) const;

  absl::Status CheckNewest(const ResourceRow& row) const;

  SQLite::Database& database_;
  int64_t own_revision_ = 0;  // 0: none
};

}  // namespace sluice::store
