// The configuration at one revision, and the messages that bring nodes to it, encoded when they are
// first asked for.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/wire/resource_set.h"
#include "controlplane/publish/configuration_image.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::publish {

class ConfigurationView {
 public:
  // To be changed before Advance.
  wire::ResourceSet& resources() { return resources_; }
  const wire::ResourceSet& resources() const { return resources_; }

  // The resources are from now on those of this revision.
  void Advance(const std::string& epoch, int64_t revision, std::string lineage);
  // Null before the first Advance.
  const HeadPtr& head() const { return head_; }

  // The head as a whole. Where that is large, perhaps an older revision, from which a delta leads
  // on, but none before `at_least`: encoding costs in proportion to the configuration, and writes
  // do not wait for it.
  std::shared_ptr<const ConfigurationImage> Image(int64_t at_least);
  // What leads from `from` to the head, which changed `touched` in between. Null if it is large and
  // a snapshot is smaller, or it is too large for one message.
  EncodedMessage Delta(int64_t from, const std::vector<store::ResourceKey>& touched);
  // As Delta, but only if it stands ready.
  const EncodedMessage* ReadyDelta(int64_t from) const;

 private:
  wire::ResourceSet resources_;
  HeadPtr head_;
  std::shared_ptr<const ConfigurationImage> image_;
  std::map<int64_t, EncodedMessage> deltas_;  // by `from`, to head_
};

}  // namespace sluice::publish
