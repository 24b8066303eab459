// Canary rollouts: a revision of which the resources it touched are held, for the nodes that are no
// canaries, as they were before it. At most one is active.
//
// Within the transaction of whoever holds one.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::store {

// Which nodes are canaries, and when that ends by itself.
struct RolloutTerms {
  std::string selector;          // "region=eu" or "10%"
  int64_t threshold = 0;         // of a percentage: nodes whose number is not above it
  double max_error_percent = 0;  // 0: no rule
};

struct RolloutRow {
  int64_t revision = 0;  // that the canaries get first
  RolloutTerms terms;
  std::string actor;
  absl::Time started_at;
  int64_t ended_revision = 0;  // 0: active
  bool promoted = false;
  std::string reason;  // of an abort

  bool active() const { return ended_revision == 0; }
};

class RolloutRows {
 public:
  explicit RolloutRows(SQLite::Database& database) : database_(database) {}

  // The active one, else the last.
  absl::StatusOr<std::optional<RolloutRow>> Last() const;
  absl::StatusOr<std::optional<RolloutRow>> Active() const;
  // What the rollout's revision touched: `before` is what the others keep.
  absl::StatusOr<std::vector<ResourceSpan>> Held(const RolloutRow& rollout) const;

  // Throw SQLite::Exception.
  void Insert(const RolloutRow& rollout);
  void End(int64_t revision, int64_t ended_revision, bool promoted, const std::string& reason);

 private:
  SQLite::Database& database_;
};

}  // namespace sluice::store
