#include "controlplane/publish/configuration_view.h"

#include <algorithm>
#include <utility>

#include "common/wire/capabilities.h"

namespace sluice::publish {
namespace {

using store::ResourceKey;

// Below, an image is encoded anew for each revision.
constexpr size_t kLargeImageBytes = size_t{1} << 20;
// Revisions that an image may be old.
constexpr int64_t kMaxImageAge = 1000;
constexpr size_t kMaxDeltaBytes = kPieceBytes;
// Up to this size a delta is sent even if a snapshot would be smaller still.
constexpr size_t kSmallDeltaBytes = size_t{64} << 10;
constexpr size_t kMaxReadyDeltas = 64;

config::v1::ResourceKind KindOf(const ResourceKey& key) {
  return static_cast<config::v1::ResourceKind>(key.kind);
}

// A node of before there were token issuers would leave them out of what it takes.
std::vector<std::string> RequiredBy(const wire::ResourceSet& resources) {
  if (resources.count(config::v1::RESOURCE_KIND_JWT_ISSUER) == 0) return {};
  return {std::string(wire::kCapabilityJwt)};
}

void Wipe(fleet::v1::Delta* delta) {
  for (auto& change : *delta->mutable_changes()) {
    base::Wipe(change.mutable_resource()->data(), change.resource().size());
  }
}

}  // namespace

void ConfigurationView::Advance(const std::string& epoch, int64_t revision, std::string lineage) {
  head_ =
      std::make_shared<const Head>(Head{epoch, revision, resources_.Hash(), std::move(lineage)});
  deltas_.clear();
}

std::shared_ptr<const ConfigurationImage> ConfigurationView::Image(int64_t at_least) {
  const bool usable =
      image_ != nullptr &&
      (image_->head() == head_ ||
       (image_->size() >= kLargeImageBytes && image_->head()->revision >= at_least &&
        head_->revision - image_->head()->revision <= kMaxImageAge));
  if (!usable) {
    image_ = std::make_shared<const ConfigurationImage>(head_, resources_.Serialize().Reveal(),
                                                        RequiredBy(resources_));
  }
  return image_;
}

const EncodedMessage* ConfigurationView::ReadyDelta(int64_t from) const {
  const auto found = deltas_.find(from);
  return found == deltas_.end() ? nullptr : &found->second;
}

EncodedMessage ConfigurationView::Delta(int64_t from, const std::vector<ResourceKey>& touched) {
  fleet::v1::ControlMessage message;
  fleet::v1::Delta* delta = message.mutable_delta();
  delta->set_from(from);
  delta->set_to(head_->revision);
  delta->set_hash(head_->hash);
  delta->set_lineage(head_->lineage);
  for (const std::string& name : RequiredBy(resources_)) delta->add_required_capabilities(name);
  for (const ResourceKey& key : touched) {
    fleet::v1::ResourceChange* change = delta->add_changes();
    change->set_kind(KindOf(key));
    change->set_id(key.id);
    if (const base::Secret* bytes = resources_.Find(KindOf(key), key.id)) {
      change->set_resource(bytes->Reveal().data(), bytes->Reveal().size());
    }
  }
  EncodedMessage encoded;
  const size_t size = delta->ByteSizeLong();
  if (size <= kMaxDeltaBytes && size <= std::max(resources_.byte_size(), kSmallDeltaBytes)) {
    encoded = Encode(message);
  }
  Wipe(delta);
  if (deltas_.size() >= kMaxReadyDeltas) deltas_.erase(deltas_.begin());
  deltas_[from] = encoded;
  return encoded;
}

}  // namespace sluice::publish
