#include "dataplane/config/divergence.h"

#include <string_view>

#include "common/base/text.h"

namespace sluice::config {
namespace {

constexpr std::string_view kWayOut =
    "if this is intended, say `sluicectl node accept`; the node keeps serving what it has until "
    "then";

std::string Refusal(std::string_view what) {
  return base::Cat("divergence: ", what, "; ", kWayOut);
}

}  // namespace

Holdings HoldingsOf(const Snapshot& snapshot) {
  Holdings holdings{.epoch = snapshot.epoch(),
                    .revision = snapshot.revision(),
                    .providers = snapshot.providers().size(),
                    .keys = snapshot.client_key_count()};
  for (const auto& provider : snapshot.providers()) holdings.keys += provider->keys.size();
  return holdings;
}

Holdings HoldingsOf(const v1::Configuration& configuration, const std::string& epoch,
                    int64_t revision) {
  return {.epoch = epoch,
          .revision = revision,
          .providers = static_cast<size_t>(configuration.providers_size()),
          .keys = static_cast<size_t>(configuration.provider_keys_size()) +
                  static_cast<size_t>(configuration.client_keys_size())};
}

std::optional<std::string> FindDivergence(const Holdings& served, const Holdings& offered) {
  if (served.epoch != offered.epoch) {
    return Refusal(base::Cat("the control plane's store has epoch ", offered.epoch,
                             ", this node serves revision ", served.revision, " of epoch ",
                             served.epoch));
  }
  if (offered.revision < served.revision) {
    return Refusal(base::Cat("the control plane offers revision ", offered.revision,
                             ", this node already serves revision ", served.revision,
                             " of the same epoch"));
  }
  if (served.providers > 0 && offered.providers == 0) {
    return Refusal(base::Cat("revision ", offered.revision,
                             " has no provider at all, this node serves ", served.providers));
  }
  if (served.keys > 0 && offered.keys == 0) {
    return Refusal(base::Cat("revision ", offered.revision,
                             " has no provider key and no client key at all, this node serves ",
                             served.keys));
  }
  return std::nullopt;
}

}  // namespace sluice::config
