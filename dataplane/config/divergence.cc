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

Holdings HoldingsOf(const HeldConfiguration& configuration) {
  const wire::ResourceSet& resources = configuration.resources;
  return {.epoch = configuration.stamp.epoch,
          .revision = configuration.stamp.revision,
          .providers = resources.count(v1::RESOURCE_KIND_PROVIDER),
          .keys = resources.count(v1::RESOURCE_KIND_PROVIDER_KEY) +
                  resources.count(v1::RESOURCE_KIND_CLIENT_KEY)};
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
  if (offered.forked) {
    return Refusal(
        base::Cat("revision ", offered.revision, " of the control plane does not follow ",
                  "revision ", served.revision,
                  " that this node serves: its store was restored from a backup or copied, "
                  "and written to since"));
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
