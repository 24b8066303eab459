// What a node holds: which revision of which history, and its resources as they came.
#pragma once

#include <cstdint>
#include <string>

#include "common/wire/resource_set.h"

namespace sluice::config {

// Which configuration it is.
struct ConfigurationStamp {
  std::string epoch;
  int64_t revision = 0;
  std::string hash;  // 32 raw bytes: that of a wire::ResourceSet
  std::string lineage;
};

struct HeldConfiguration {
  ConfigurationStamp stamp;
  wire::ResourceSet resources;
};

}  // namespace sluice::config
