#include "dataplane/link/config_intake.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "common/wire/canonical.h"
#include "common/wire/capabilities.h"
#include "dataplane/config/divergence.h"
#include "dataplane/config/parsed_configuration.h"
#include "dataplane/config/snapshot_builder.h"
#include "sluice/config/v1/config.pb.h"
#include "spdlog/spdlog.h"

namespace sluice::link {
namespace {

using config::v1::RESOURCE_KIND_CLIENT_KEY;
using config::v1::RESOURCE_KIND_JWT_ISSUER;
using config::v1::RESOURCE_KIND_PROVIDER;
using config::v1::RESOURCE_KIND_PROVIDER_KEY;
using config::v1::RESOURCE_KIND_SETTINGS;

constexpr std::string_view kWhole = "configuration";
constexpr size_t kMaxRefusals = 100;  // of one Nack; the rest is counted
constexpr size_t kManyRetired = 16;   // a burst of changes does not wait for Tend()

std::vector<wire::Violation> Whole(std::string reason) {
  return {{std::string(kWhole), std::move(reason)}};
}

bool IsServed(const std::optional<config::HeldConfiguration>& held,
              const config::ConfigurationStamp& offered) {
  return held.has_value() && held->stamp.epoch == offered.epoch &&
         held->stamp.revision == offered.revision && held->stamp.hash == offered.hash &&
         held->stamp.lineage == offered.lineage;
}

// Names the first that this release does not have.
template <typename Names>
std::optional<std::string> LacksCapability(const Names& required) {
  for (const std::string& name : required) {
    const auto& own = wire::kCapabilities;
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      return base::Cat("it takes \"", base::Escaped(name),
                       "\", which this release cannot do: upgrade this node");
    }
  }
  return std::nullopt;
}

bool RemovesProvider(const fleet::v1::Delta& delta) {
  const auto& changes = delta.changes();
  return std::any_of(changes.begin(), changes.end(), [](const auto& change) {
    return change.kind() == RESOURCE_KIND_PROVIDER && !change.has_resource();
  });
}

bool TouchesMoreThanClientKeys(const fleet::v1::Delta& delta) {
  const auto& changes = delta.changes();
  return std::any_of(changes.begin(), changes.end(),
                     [](const auto& change) { return change.kind() != RESOURCE_KIND_CLIENT_KEY; });
}

// Settings, providers, provider keys and token issuers.
void AddGateway(const wire::ResourceSet& resources, config::v1::Configuration* part) {
  resources.ForEach(RESOURCE_KIND_SETTINGS, [&](std::string_view bytes) {
    part->mutable_settings()->ParseFromString(std::string(bytes));
  });
  resources.ForEach(RESOURCE_KIND_PROVIDER, [&](std::string_view bytes) {
    part->add_providers()->ParseFromString(std::string(bytes));
  });
  resources.ForEach(RESOURCE_KIND_PROVIDER_KEY, [&](std::string_view bytes) {
    const base::Secret copy(bytes);
    part->add_provider_keys()->ParseFromArray(copy.Reveal().data(),
                                              static_cast<int>(copy.Reveal().size()));
  });
  resources.ForEach(RESOURCE_KIND_JWT_ISSUER, [&](std::string_view bytes) {
    part->add_jwt_issuers()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  });
}

// The providers that the client keys of `part` name, where they exist.
void AddNamedProviders(const wire::ResourceSet& resources, config::v1::Configuration* part) {
  std::set<std::string> names;
  for (const auto& entry : part->client_keys()) {
    names.insert(entry.key().providers().begin(), entry.key().providers().end());
  }
  for (const std::string& name : names) {
    const base::Secret* bytes = resources.Find(RESOURCE_KIND_PROVIDER, name);
    if (bytes == nullptr) continue;
    part->add_providers()->ParseFromString(std::string(bytes->Reveal()));
  }
}

}  // namespace

ConfigIntake::ConfigIntake(std::optional<config::HeldConfiguration> held,
                           config::SnapshotSlot& slot, config::LiveState& live_state,
                           config::LastKnownGood& last_known_good, LinkStatus& status,
                           const base::Clock& clock)
    : held_(std::move(held)),
      slot_(slot),
      live_state_(live_state),
      last_known_good_(last_known_good),
      status_(status),
      clock_(clock) {}

fleet::v1::NodeMessage ConfigIntake::Take(AssembledSnapshot snapshot) {
  const bool accepted = TakeAcceptance(snapshot.stamp);
  if (!IsServed(held_, snapshot.stamp)) {
    const Violations violations = Apply(snapshot, accepted);
    if (!violations.empty()) return Refuse(snapshot.stamp.revision, violations);
    status_.Applied(held_->stamp.epoch, held_->stamp.revision);
    Store();
  }
  return AckHeld();
}

fleet::v1::NodeMessage ConfigIntake::Take(const fleet::v1::Delta& delta) {
  if (auto lacking = LacksCapability(delta.required_capabilities())) {
    return Refuse(delta.to(), Whole(*std::move(lacking)));
  }
  std::string why = WhyResync(delta);
  if (why.empty()) {
    const config::Holdings before = config::HoldingsOf(*held_);
    config::AppliedDelta applied(delta, held_->resources);
    if (held_->resources.Hash() == delta.hash()) {
      config::Holdings after = config::HoldingsOf(*held_);
      after.revision = delta.to();
      auto divergence = config::FindDivergence(before, after);
      if (divergence.has_value()) return Refuse(delta.to(), Whole(*std::move(divergence)));
      std::shared_ptr<const config::Snapshot> built;
      const Violations violations = Build(delta, applied, &built);
      if (!violations.empty()) return Refuse(delta.to(), violations);
      applied.Keep();
      held_->stamp = {held_->stamp.epoch, delta.to(), delta.hash(), delta.lineage()};
      Publish(std::move(built));
      status_.Applied(held_->stamp.epoch, held_->stamp.revision);
      StoreDelta(delta);
      return AckHeld();
    }
    why = "it does not lead to the hash that was announced with it";
  }
  spdlog::warn("the delta to revision {} is not applied, a snapshot is asked for: {}", delta.to(),
               why);
  fleet::v1::NodeMessage message;
  message.mutable_resync()->set_revision(delta.to());
  message.mutable_resync()->set_reason(why);
  return message;
}

std::string ConfigIntake::WhyResync(const fleet::v1::Delta& delta) const {
  if (!held_.has_value()) return "this node holds nothing that it could change";
  if (delta.from() != held_->stamp.revision || delta.to() < delta.from()) {
    return base::Cat("it leads from revision ", delta.from(), ", this node is at ",
                     held_->stamp.revision);
  }
  return std::string(config::CheckDelta(delta).message());
}

ConfigIntake::Violations ConfigIntake::Build(const fleet::v1::Delta& delta,
                                             const config::AppliedDelta& applied,
                                             std::shared_ptr<const config::Snapshot>* built) {
  Violations violations;
  config::ParsedConfiguration parsed;
  absl::StatusOr<std::shared_ptr<const config::Snapshot>> made;
  if (RemovesProvider(delta)) {
    // Any client key may name it: all are looked at.
    if (!parsed.Parse(held_->resources.Serialize().Reveal())) {
      return Whole("its bytes are not a configuration");
    }
    made = config::SnapshotBuilder::Build(parsed.get(), held_->stamp.epoch, delta.to(),
                                          delta.hash(), live_state_, &violations);
  } else {
    config::SnapshotBuilder::Difference difference;
    for (const auto& former : applied.former()) {
      if (former.kind != RESOURCE_KIND_CLIENT_KEY || !former.existed) continue;
      difference.former_keys.emplace_back().ParseFromString(std::string(former.bytes.Reveal()));
    }
    for (const auto& change : delta.changes()) {
      if (change.kind() != RESOURCE_KIND_CLIENT_KEY || !change.has_resource()) continue;
      parsed->add_client_keys()->ParseFromString(change.resource());
    }
    difference.gateway_changed = TouchesMoreThanClientKeys(delta);
    if (difference.gateway_changed) {
      AddGateway(held_->resources, &*parsed);
    } else {
      AddNamedProviders(held_->resources, &*parsed);
    }
    difference.part = &parsed.get();
    made = config::SnapshotBuilder::BuildOn(*slot_.Load(), difference, delta.to(), delta.hash(),
                                            live_state_, &violations);
  }
  if (made.ok()) {
    *built = *std::move(made);
  } else if (violations.empty()) {
    return Whole(std::string(made.status().message()));
  }
  return violations;
}

fleet::v1::NodeMessage ConfigIntake::AckHeld() {
  taken_ = true;
  status_.Confirmed();
  fleet::v1::NodeMessage message;
  auto* ack = message.mutable_ack();
  ack->set_revision(held_->stamp.revision);
  ack->set_hash(held_->stamp.hash);
  const int64_t nanos = absl::ToUnixNanos(clock_.Now());
  ack->mutable_applied_at()->set_seconds(nanos / 1'000'000'000);
  ack->mutable_applied_at()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return message;
}

fleet::v1::NodeMessage ConfigIntake::Refuse(int64_t revision, const std::string& reason) {
  return Refuse(revision, Whole(reason));
}

fleet::v1::NodeMessage ConfigIntake::Refuse(int64_t revision, const Violations& violations) {
  fleet::v1::NodeMessage message;
  auto* nack = message.mutable_nack();
  nack->set_revision(revision);
  for (size_t i = 0; i < violations.size() && i < kMaxRefusals; ++i) {
    auto* refusal = nack->add_refusals();
    refusal->set_resource(violations[i].resource);
    refusal->set_reason(violations[i].reason);
  }
  if (violations.size() > kMaxRefusals) {
    auto* refusal = nack->add_refusals();
    refusal->set_resource(std::string(kWhole));
    refusal->set_reason(base::Cat(violations.size() - kMaxRefusals, " more are refused"));
  }
  const std::string why =
      base::Cat("configuration revision ", revision, " refused: ", violations[0].resource, ": ",
                violations[0].reason);
  spdlog::error("{}{}", why,
                violations.size() > 1 ? base::Cat(" (and ", violations.size() - 1, " more)") : "");
  status_.Refused(why);
  return message;
}

ConfigIntake::Violations ConfigIntake::Apply(AssembledSnapshot& snapshot, bool accepted) {
  if (auto lacking = LacksCapability(snapshot.required_capabilities)) {
    return Whole(*std::move(lacking));
  }
  auto resources = wire::ResourceSet::Parse(snapshot.bytes.Reveal());
  if (!resources.ok()) return Whole(std::string(resources.status().message()));
  if (resources->Hash() != snapshot.stamp.hash) {
    return Whole("its bytes do not have the hash that was announced with them");
  }
  config::ParsedConfiguration parsed;
  if (!parsed.Parse(snapshot.bytes.Reveal())) return Whole("its bytes are not a configuration");
  config::HeldConfiguration offered{snapshot.stamp, *std::move(resources)};
  if (held_.has_value() && !accepted) {
    config::Holdings holdings = config::HoldingsOf(offered);
    holdings.forked = snapshot.forked;
    auto divergence = config::FindDivergence(config::HoldingsOf(*held_), holdings);
    if (divergence.has_value()) return Whole(*std::move(divergence));
  }
  Violations violations;
  auto built =
      config::SnapshotBuilder::Build(parsed.get(), offered.stamp.epoch, offered.stamp.revision,
                                     offered.stamp.hash, live_state_, &violations);
  if (built.ok()) {
    held_ = std::move(offered);
    Publish(*std::move(built));
  } else if (violations.empty()) {
    return Whole(std::string(built.status().message()));
  }
  return violations;
}

void ConfigIntake::Accept(const std::string& epoch, int64_t revision) {
  spdlog::warn("the operator accepts epoch {}, revision {} or later, whatever this node serves",
               epoch, revision);
  accepted_ = Accepted{epoch, revision};
}

bool ConfigIntake::TakeAcceptance(const config::ConfigurationStamp& stamp) {
  if (!accepted_.has_value()) return false;
  const Accepted accepted = *std::exchange(accepted_, std::nullopt);
  return stamp.epoch == accepted.epoch && stamp.revision >= accepted.revision;
}

void ConfigIntake::Publish(std::shared_ptr<const config::Snapshot> snapshot) {
  spdlog::info("configuration revision {} applied: {} providers, {} client keys",
               snapshot->revision(), snapshot->providers().size(), snapshot->client_key_count());
  if (retired_.size() >= kManyRetired) EndUnused();
  if (auto former = slot_.Load()) retired_.push_back(std::move(former));
  slot_.Publish(snapshot);
  if (snapshot->cuts().empty()) return;
  for (const auto& key : snapshot->cuts()) key->cut.store(true, std::memory_order_relaxed);
  live_state_.RingCuts();
}

void ConfigIntake::Store() {
  OnStored(last_known_good_.Save(held_->stamp, held_->resources.Serialize().Reveal()));
}

void ConfigIntake::StoreDelta(const fleet::v1::Delta& delta) {
  if (unstored_ || !last_known_good_.CanAppend()) return Store();
  const base::Secret bytes(wire::SerializeCanonical(delta));
  const absl::Status appended = last_known_good_.Append(held_->stamp, bytes.Reveal());
  if (!appended.ok()) return Store();
  OnStored(appended);
}

void ConfigIntake::OnStored(const absl::Status& saved) {
  unstored_ = !saved.ok();
  if (saved.ok()) {
    store_log_.Over();
    status_.Stored();
    return;
  }
  const std::string why = base::Cat("configuration revision ", held_->stamp.revision,
                                    " is served but not stored: ", saved.message());
  if (store_log_.Due(static_cast<int>(saved.code()), std::chrono::steady_clock::now())) {
    spdlog::error("{}; a restart would come back with an older one", why);
  }
  status_.StoreFailed(why);
}

void ConfigIntake::Tend() {
  if (unstored_) Store();
  EndUnused();
}

void ConfigIntake::EndUnused() {
  std::erase_if(retired_, [](const auto& snapshot) { return snapshot.use_count() == 1; });
}

}  // namespace sluice::link
