// What a delta does to the resources a node holds. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/secret.h"
#include "common/wire/resource_set.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::config {

// Applied when it is made; taken back when it ends, unless Keep was called.
class AppliedDelta {
 public:
  // A resource that was changed, as it was.
  struct Former {
    config::v1::ResourceKind kind;
    std::string id;
    bool existed = false;
    base::Secret bytes;
  };

  // `resources` must outlive the object.
  AppliedDelta(const fleet::v1::Delta& delta, wire::ResourceSet& resources);
  ~AppliedDelta();
  AppliedDelta(const AppliedDelta&) = delete;
  AppliedDelta& operator=(const AppliedDelta&) = delete;

  void Keep() { kept_ = true; }
  const std::vector<Former>& former() const { return former_; }

 private:
  wire::ResourceSet& resources_;
  std::vector<Former> former_;
  bool kept_ = false;
};

// InvalidArgument for what is no delta: an unknown kind, a missing id, a resource that is not of
// its kind or has another id, one that is named twice.
absl::Status CheckDelta(const fleet::v1::Delta& delta);

}  // namespace sluice::config
