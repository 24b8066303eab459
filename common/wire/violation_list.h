// Violations of one resource, collected. Internal to config_check.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/wire/config_check.h"

namespace sluice::wire {

class ViolationList {
 public:
  explicit ViolationList(std::string resource) : resource_(std::move(resource)) {}

  // One sentence from its pieces.
  template <typename... Pieces>
  void Add(const Pieces&... pieces) {
    found_.push_back({resource_, base::Cat(pieces...)});
  }
  std::vector<Violation> Take() && { return std::move(found_); }

 private:
  std::string resource_;
  std::vector<Violation> found_;
};

}  // namespace sluice::wire
