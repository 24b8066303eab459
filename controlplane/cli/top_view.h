// What the fleet does now: gathered from what the control plane answers, and as people and programs
// read it. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

enum class TopSort { kRequests, kFailed, kLatency, kCost };

struct TopNode {
  std::string id;
  std::string
      state;  // "connected", "draining", "gone", "expelled"; "unknown": only its requests are
  int64_t revision = 0;
  int64_t behind = 0;  // revisions
  admin::v1::Activity activity;
};
struct TopProvider {
  int keys = 0;
  int healthy_keys = 0;
  admin::v1::Activity activity;
};

struct TopView {
  absl::Time until;
  int seconds = 0;
  int64_t revision = 0;
  int connected = 0;
  int behind = 0;  // of those connected
  admin::v1::Activity total;
  std::vector<TopNode> nodes;
  std::vector<TopProvider> providers;
  std::vector<admin::v1::Activity> client_keys;
};

// Each list begins with the most of `sort`.
TopView MakeTopView(const admin::v1::GetActivityResponse& activity,
                    const admin::v1::ListNodesResponse& nodes,
                    const admin::v1::ListProviderKeysResponse& keys, TopSort sort);

// At most 80 columns, and `height` lines (0: as many as there are), each with its end.
std::string TopText(const TopView& view, int height);
// The names are documented in docs/OPERATIONS.md: they stay.
nlohmann::ordered_json TopJson(const TopView& view);

}  // namespace sluice::cli
