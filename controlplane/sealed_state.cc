#include "controlplane/sealed_state.h"

#include "common/base/text.h"
#include "controlplane/master_key_source.h"
#include "controlplane/ops/secret_place.h"

namespace sluice::controlplane {
namespace {

using sealing::MasterKeyIdText;

// With the space before it, where it is known.
std::string Named(std::string_view id) {
  return id.empty() ? "" : base::Cat(" (", MasterKeyIdText(id), ")");
}

absl::Status CheckMaker(const SealedState& state, const sealing::Sealer& sealer,
                        const StorePaths& paths) {
  if (sealer.MakerOf(state.check_value) != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat("the master key in ", MasterKeyPlace(paths), " is not the one of the ", state.title,
                Named(state.master_key_id),
                ": name the right file with --master-key-file; a key may be taken away only after "
                "sluicectl secrets rotate-master"));
}

absl::Status CheckAvailable(const SealedState& state, const sealing::Sealer& sealer,
                            const StorePaths& paths) {
  for (const auto& [prefix, count] : state.counts) {
    const auto id = sealing::MasterKeyIdOf(prefix);
    if (!id.has_value() || sealer.keys().Find(*id) != nullptr) continue;
    return absl::FailedPreconditionError(
        base::Cat("the master key ", MasterKeyIdText(*id), " is not in ", MasterKeyPlace(paths),
                  ", and ", count, count == 1 ? " secret" : " secrets", " of the ", state.title,
                  count == 1 ? " is" : " are",
                  " sealed under it: put it back, and take it away only after sluicectl secrets "
                  "rotate-master"));
  }
  return absl::OkStatus();
}

absl::Status CheckOpens(const SealedState& state, const sealing::Sealer& sealer) {
  for (const store::StoredSecret& secret : state.secrets) {
    const auto place = ops::PlaceOf(secret);
    if (!place.ok()) return place.status();
    const absl::Status opened = sealer.Open(*place, secret.material).status();
    if (!opened.ok()) {
      return absl::DataLossError(
          base::Cat("the ", state.title, " is damaged: ", base::ToStd(opened.message())));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSealed(const SealedState& state, const sealing::Sealer& sealer,
                         const StorePaths& paths) {
  absl::Status status = CheckMaker(state, sealer, paths);
  if (status.ok()) status = CheckAvailable(state, sealer, paths);
  return status.ok() ? CheckOpens(state, sealer) : status;
}

}  // namespace sluice::controlplane
