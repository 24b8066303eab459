// Sums of usage records that cannot be kept one by one: what was used stays exact, which request
// used it is forgotten. Bounded: beyond kMostGroups models and provider keys are no longer told
// apart, beyond twice that nothing but how the requests ended is. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::observe {

class UsageFold {
 public:
  static constexpr size_t kMostGroups = 4096;
  // In the place of what is no longer told apart; nobody's name.
  static constexpr char kOthers[] = "_others";

  void Add(fleet::v1::UsageRecord record);
  bool empty() const { return groups_.empty(); }
  // One record for each group. Nothing is left.
  std::vector<fleet::v1::UsageRecord> Take();

 private:
  // By what the records of a group have in common.
  std::map<std::string, fleet::v1::UsageRecord> groups_;
};

}  // namespace sluice::observe
