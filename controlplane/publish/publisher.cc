#include "controlplane/publish/publisher.h"

#include <utility>

#include "common/crypto/digest.h"
#include "controlplane/publish/resource_bytes.h"
#include "controlplane/store/reading.h"

namespace sluice::publish {
namespace {

using store::ResourceKey;
using store::ResourceKind;
using store::ResourceRow;

// Beyond, a delta is not even tried.
constexpr int kMaxDeltaResources = 10'000;

constexpr ResourceKind kKinds[] = {ResourceKind::kSettings, ResourceKind::kProvider,
                                   ResourceKind::kProviderKey, ResourceKind::kClientKey,
                                   ResourceKind::kJwtIssuer};

config::v1::ResourceKind WireKind(ResourceKind kind) {
  return static_cast<config::v1::ResourceKind>(kind);
}

void Set(wire::ResourceSet& resources, const ResourceKey& key,
         const std::optional<base::Secret>& bytes) {
  if (bytes.has_value()) {
    resources.Put(WireKind(key.kind), key.id, bytes->Reveal());
  } else {
    resources.Erase(WireKind(key.kind), key.id);
  }
}

}  // namespace

absl::Status Publisher::Refresh() {
  absl::MutexLock lock(&mutex_);
  last_status_ = TakeOver();
  return last_status_;
}

absl::Status Publisher::TakeOver() {
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto newest = (*reading)->rows().Revision();
  if (!newest.ok()) return newest.status();
  if (view_.head() != nullptr && view_.head()->revision == *newest) return absl::OkStatus();
  auto lineage = (*reading)->Lineage(*newest);
  if (!lineage.ok()) return lineage.status();
  auto rollout = (*reading)->rollouts().Active();
  if (!rollout.ok()) return rollout.status();
  const bool same_rollout = others_ != nullptr && rollout->has_value() &&
                            others_->rollout.revision == (*rollout)->revision;
  if (!same_rollout) others_.reset();
  const absl::Status status =
      view_.head() == nullptr ? Load(**reading) : Follow(**reading, *newest);
  if (!status.ok()) return status;
  if (rollout->has_value() && others_ == nullptr) {
    auto others = SplitOff(**reading, **rollout);
    if (!others.ok()) return others.status();
    others_ = *std::move(others);
  }
  view_.Advance(epoch_, *newest, *lineage);
  if (others_ != nullptr) others_->view.Advance(epoch_, *newest, *lineage);
  return absl::OkStatus();
}

absl::Status Publisher::Load(const store::Reading& reading) {
  wire::ResourceSet all;
  for (const ResourceKind kind : kKinds) {
    auto rows = reading.rows().List(kind);
    if (!rows.ok()) return rows.status();
    for (const ResourceRow& row : *rows) {
      auto bytes = ResourceBytes(row, sealer_);
      if (!bytes.ok()) return bytes.status();
      if (bytes->has_value()) all.Put(WireKind(kind), row.id, (*bytes)->Reveal());
    }
  }
  view_.resources() = std::move(all);
  others_.reset();
  return absl::OkStatus();
}

absl::Status Publisher::Follow(const store::Reading& reading, int64_t newest) {
  auto touched = reading.rows().Touched(view_.head()->revision, newest, kMaxDeltaResources);
  if (!touched.ok()) return touched.status();
  if (touched->size() > kMaxDeltaResources) return Load(reading);
  // All are read before the first is put: after an error the views are as they were.
  std::vector<Fresh> all;
  for (const ResourceKey& key : *touched) {
    auto row = reading.rows().FindById(key.kind, key.id);
    if (!row.ok()) return row.status();
    Fresh fresh{key, std::nullopt};
    if (row->has_value()) {
      auto bytes = ResourceBytes(**row, sealer_);
      if (!bytes.ok()) return bytes.status();
      fresh.bytes = *std::move(bytes);
    }
    all.push_back(std::move(fresh));
  }
  for (const Fresh& fresh : all) {
    Set(view_.resources(), fresh.key, fresh.bytes);
    if (others_ != nullptr && !others_->held.contains(fresh.key)) {
      Set(others_->view.resources(), fresh.key, fresh.bytes);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Publisher::Others>> Publisher::SplitOff(
    const store::Reading& reading, const store::RolloutRow& rollout) {
  auto held = reading.rollouts().Held(rollout);
  if (!held.ok()) return held.status();
  auto others = std::make_unique<Others>();
  others->rollout = rollout;
  others->view.resources() = view_.resources().Clone();
  for (const store::ResourceSpan& span : *held) {
    const ResourceKey key{span.kind, span.id};
    std::optional<base::Secret> former;
    if (span.before.has_value()) {
      auto bytes = ResourceBytes(
          {span.kind, span.id, "", span.before->body, span.before->material, 0}, sealer_);
      if (!bytes.ok()) return bytes.status();
      former = *std::move(bytes);
    }
    Set(others->view.resources(), key, former);
    others->held.insert(key);
  }
  return others;
}

Part Publisher::PartOf(const std::string& node, const Labels& labels) const {
  absl::MutexLock lock(&mutex_);
  if (others_ == nullptr || IsCanary(others_->rollout.terms, node, labels)) return Part::kNewest;
  return Part::kOthers;
}

std::optional<store::RolloutRow> Publisher::ActiveRollout() const {
  absl::MutexLock lock(&mutex_);
  if (others_ == nullptr) return std::nullopt;
  return others_->rollout;
}

HeadPtr Publisher::Current(Part part) const {
  absl::MutexLock lock(&mutex_);
  return ViewOf(part).head();
}

size_t Publisher::CurrentBytes() const {
  absl::MutexLock lock(&mutex_);
  return view_.resources().byte_size();
}

absl::Status Publisher::LastStatus() const {
  absl::MutexLock lock(&mutex_);
  return last_status_;
}

absl::StatusOr<Publisher::Relation> Publisher::Relate(const Head& node, Part part) {
  const HeadPtr head = Current(part);
  if (head == nullptr || node.epoch != head->epoch) return Relation::kOther;
  if (node.revision > head->revision) return Relation::kOther;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto lineage = (*reading)->Lineage(node.revision);
  if (!lineage.ok()) return lineage.status();
  if (*lineage != node.lineage) return Relation::kForked;
  if (node.revision < head->revision) return Relation::kBehind;
  return node.hash == head->hash ? Relation::kCurrent : Relation::kOther;
}

absl::StatusOr<EncodedMessage> Publisher::DeltaFrom(int64_t from, ConfigurationView& view) {
  if (const EncodedMessage* ready = view.ReadyDelta(from)) return *ready;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto touched = (*reading)->rows().Touched(from, view.head()->revision, kMaxDeltaResources);
  if (!touched.ok()) return touched.status();
  if (touched->size() > kMaxDeltaResources) return EncodedMessage();
  return view.Delta(from, *touched);
}

absl::StatusOr<Update> Publisher::UpdateFrom(std::optional<int64_t> from, bool deltas, Part part,
                                             int64_t served) {
  absl::MutexLock lock(&mutex_);
  ConfigurationView& view = ViewOf(part);
  if (view.head() == nullptr) return absl::UnavailableError("nothing is published yet");
  if (from.has_value() && deltas && *from <= view.head()->revision) {
    auto delta = DeltaFrom(*from, view);
    if (!delta.ok()) return delta.status();
    if (*delta != nullptr) return Update{view.head(), *std::move(delta), nullptr};
  }
  // An older one only for a node that a delta takes on from there: one that takes none, or for
  // which the delta is too large, would stay there.
  const bool delta_follows = deltas && !from.has_value();
  auto image = view.Image(delta_follows ? served : view.head()->revision);
  return Update{image->head(), nullptr, std::move(image)};
}

WholeConfiguration Publisher::Whole() const {
  absl::MutexLock lock(&mutex_);
  if (view_.head() == nullptr) return {};
  return {*view_.head(), view_.resources().Serialize()};
}

}  // namespace sluice::publish
