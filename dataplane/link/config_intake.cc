#include "dataplane/link/config_intake.h"

#include <chrono>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "dataplane/config/divergence.h"
#include "dataplane/config/snapshot_builder.h"
#include "sluice/config/v1/config.pb.h"
#include "spdlog/spdlog.h"

namespace sluice::link {
namespace {

constexpr std::string_view kWhole = "configuration";
constexpr size_t kMaxRefusals = 100;  // of one Nack; the rest is counted
constexpr size_t kManyRetired = 16;   // a burst of changes does not wait for Tend()

// Ends the copies of provider keys that parsing made.
class ParsedConfiguration {
 public:
  ~ParsedConfiguration() {
    for (auto& entry : *parsed_.mutable_provider_keys()) {
      base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
    }
  }
  bool Parse(std::string_view bytes) {
    return parsed_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  const config::v1::Configuration& get() const { return parsed_; }

 private:
  config::v1::Configuration parsed_;
};

bool IsServed(const config::Snapshot* served, const AssembledSnapshot& offered) {
  return served != nullptr && served->epoch() == offered.epoch &&
         served->revision() == offered.revision && served->hash() == offered.hash;
}

fleet::v1::NodeMessage AckOf(const AssembledSnapshot& snapshot, absl::Time now) {
  fleet::v1::NodeMessage message;
  auto* ack = message.mutable_ack();
  ack->set_revision(snapshot.revision);
  ack->set_hash(snapshot.hash);
  const int64_t nanos = absl::ToUnixNanos(now);
  ack->mutable_applied_at()->set_seconds(nanos / 1'000'000'000);
  ack->mutable_applied_at()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return message;
}

}  // namespace

ConfigIntake::ConfigIntake(config::SnapshotSlot& slot, config::LiveState& live_state,
                           config::LastKnownGood& last_known_good, LinkStatus& status,
                           const base::Clock& clock)
    : slot_(slot),
      live_state_(live_state),
      last_known_good_(last_known_good),
      status_(status),
      clock_(clock) {}

fleet::v1::NodeMessage ConfigIntake::Take(AssembledSnapshot snapshot) {
  const bool accepted = TakeAcceptance(snapshot);
  if (!IsServed(slot_.Load().get(), snapshot)) {
    const std::vector<wire::Violation> violations = Apply(snapshot, accepted);
    if (!violations.empty()) return Refuse(snapshot.revision, violations);
    status_.Applied(snapshot.epoch, snapshot.revision);
    unstored_ = AssembledSnapshot{.epoch = snapshot.epoch,
                                  .revision = snapshot.revision,
                                  .hash = snapshot.hash,
                                  .bytes = std::move(snapshot.bytes)};
    Store();
  }
  taken_ = true;
  status_.Confirmed();
  return AckOf(snapshot, clock_.Now());
}

fleet::v1::NodeMessage ConfigIntake::Refuse(int64_t revision, const std::string& reason) {
  return Refuse(revision, {wire::Violation{std::string(kWhole), reason}});
}

fleet::v1::NodeMessage ConfigIntake::Refuse(int64_t revision,
                                            const std::vector<wire::Violation>& violations) {
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

std::vector<wire::Violation> ConfigIntake::Apply(const AssembledSnapshot& snapshot, bool accepted) {
  const auto refuse = [](std::string reason) {
    return std::vector<wire::Violation>{{std::string(kWhole), std::move(reason)}};
  };
  const std::string_view bytes = snapshot.bytes.Reveal();
  if (crypto::Sha256Bytes(bytes) != snapshot.hash) {
    return refuse("its bytes do not have the hash that was announced with them");
  }
  ParsedConfiguration parsed;
  if (!parsed.Parse(bytes)) return refuse("its bytes are not a configuration");
  const auto served = slot_.Load();
  if (served != nullptr && !accepted) {
    auto divergence =
        config::FindDivergence(config::HoldingsOf(*served),
                               config::HoldingsOf(parsed.get(), snapshot.epoch, snapshot.revision));
    if (divergence.has_value()) return refuse(*std::move(divergence));
  }
  std::vector<wire::Violation> violations;
  auto built = config::SnapshotBuilder::Build(parsed.get(), snapshot.epoch, snapshot.revision,
                                              snapshot.hash, live_state_, &violations);
  if (built.ok()) {
    Publish(*std::move(built));
  } else if (violations.empty()) {
    return refuse(std::string(built.status().message()));
  }
  return violations;
}

void ConfigIntake::Accept(const std::string& epoch, int64_t revision) {
  spdlog::warn("the operator accepts epoch {}, revision {} or later, whatever this node serves",
               epoch, revision);
  accepted_ = Accepted{epoch, revision};
}

bool ConfigIntake::TakeAcceptance(const AssembledSnapshot& snapshot) {
  if (!accepted_.has_value()) return false;
  const Accepted accepted = *std::exchange(accepted_, std::nullopt);
  return snapshot.epoch == accepted.epoch && snapshot.revision >= accepted.revision;
}

void ConfigIntake::Publish(std::shared_ptr<const config::Snapshot> snapshot) {
  spdlog::info("configuration revision {} applied: {} providers, {} client keys",
               snapshot->revision(), snapshot->providers().size(), snapshot->client_key_count());
  if (retired_.size() >= kManyRetired) EndUnused();
  if (auto former = slot_.Load()) retired_.push_back(std::move(former));
  slot_.Publish(std::move(snapshot));
}

void ConfigIntake::Store() {
  const absl::Status saved = last_known_good_.Save(unstored_->epoch, unstored_->revision,
                                                   unstored_->hash, unstored_->bytes.Reveal());
  if (saved.ok()) {
    unstored_.reset();
    store_log_.Over();
    status_.Stored();
    return;
  }
  const std::string why = base::Cat("configuration revision ", unstored_->revision,
                                    " is served but not stored: ", saved.message());
  if (store_log_.Due(static_cast<int>(saved.code()), std::chrono::steady_clock::now())) {
    spdlog::error("{}; a restart would come back with an older one", why);
  }
  status_.StoreFailed(why);
}

void ConfigIntake::Tend() {
  if (unstored_.has_value()) Store();
  EndUnused();
}

void ConfigIntake::EndUnused() {
  std::erase_if(retired_, [](const auto& snapshot) { return snapshot.use_count() == 1; });
}

}  // namespace sluice::link
