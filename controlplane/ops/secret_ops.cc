#include "controlplane/ops/secret_ops.h"

#include <map>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "controlplane/ops/secret_place.h"

namespace sluice::ops {
namespace {

using admin::v1::GetSecretsStatusResponse;
using admin::v1::RotateMasterKeyProgress;
using sealing::MasterKey;

// Provider keys and token issuers in one transaction, which other writes wait for.
constexpr int kBatch = 16;

std::string PrefixOf(const MasterKey& key) { return base::Cat(sealing::kSealedMark, key.id); }

}  // namespace

absl::StatusOr<GetSecretsStatusResponse> SecretOps::Status() {
  std::map<std::string, int64_t> counts;
  const absl::Status read = store_.InspectSecrets([&](const store::SecretRows& rows) {
    auto counted = rows.Count(sealing::kSealedMark, sealing::kSealedPrefixBytes);
    if (!counted.ok()) return counted.status();
    counts = *std::move(counted);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  auto check = store_.Meta(meta_.check_value);
  if (!check.ok()) return check.status();
  // What is in no envelope is under the one that the database began with.
  const MasterKey* first = sealer_.MakerOf(*check);
  GetSecretsStatusResponse response;
  for (const MasterKey& key : sealer_.keys().all()) {
    auto* entry = response.add_master_keys();
    entry->set_id(sealing::MasterKeyIdText(key.id));
    entry->set_available(true);
    entry->set_newest(&key == &sealer_.keys().newest());
    entry->set_secrets(counts[PrefixOf(key)] + (&key == first ? counts[""] : 0));
    counts.erase(PrefixOf(key));
  }
  counts.erase("");
  for (const auto& [prefix, count] : counts) {
    auto* entry = response.add_master_keys();
    entry->set_id(sealing::MasterKeyIdText(sealing::MasterKeyIdOf(prefix).value_or("")));
    entry->set_secrets(count);
  }
  return response;
}

absl::StatusOr<RotateMasterKeyProgress> SecretOps::Count(const store::SecretRows& rows) const {
  auto counts = rows.Count(sealing::kSealedMark, sealing::kSealedPrefixBytes);
  if (!counts.ok()) return counts.status();
  RotateMasterKeyProgress progress;
  for (const auto& [prefix, count] : *counts) {
    progress.set_total(progress.total() + count);
    if (prefix == PrefixOf(sealer_.keys().newest())) progress.set_under_newest(count);
  }
  return progress;
}

absl::StatusOr<int64_t> SecretOps::Rewrap(const store::ResourceKey& owner,
                                          store::SecretRows& rows) const {
  auto secrets = rows.Of(owner);
  if (!secrets.ok()) return secrets.status();
  int64_t rewrapped = 0;
  for (const store::StoredSecret& secret : *secrets) {
    const auto place = PlaceOf(secret);
    if (!place.ok()) return place.status();
    auto material = sealer_.Rewrap(*place, secret.material);
    if (!material.ok()) return material.status();
    if (!material->has_value()) continue;
    const absl::Status replaced = rows.Replace(owner, secret.material, **material);
    if (!replaced.ok()) return replaced;
    ++rewrapped;
  }
  return rewrapped;
}

absl::Status SecretOps::Rotation::Begin() {
  return ops_.store_.Reseal(EntryOf(caller_, ops_.clock_.Now()),
                            [&](store::SecretRows& rows) -> absl::StatusOr<std::string> {
                              auto progress = ops_.Count(rows);
                              if (!progress.ok()) return progress.status();
                              progress_ = *std::move(progress);
                              begun_ = true;
                              return base::Cat(
                                  "rotation to master key ",
                                  sealing::MasterKeyIdText(ops_.sealer_.keys().newest().id),
                                  " begun: ", progress_.total() - progress_.under_newest(), " of ",
                                  progress_.total(), " secrets are to be sealed anew");
                            });
}

absl::Status SecretOps::Rotation::Batch() {
  int64_t rewrapped = 0;
  store::ResourceKey last = after_;
  bool at_end = false;
  const absl::Status status =
      ops_.store_.Reseal({}, [&](store::SecretRows& rows) -> absl::StatusOr<std::string> {
        auto owners = rows.Owners(after_, kBatch);
        if (!owners.ok()) return owners.status();
        for (const store::ResourceKey& owner : *owners) {
          auto count = ops_.Rewrap(owner, rows);
          if (!count.ok()) return count.status();
          rewrapped += *count;
          last = owner;
        }
        at_end = static_cast<int>(owners->size()) < kBatch;
        return "";
      });
  if (!status.ok()) return status;
  after_ = last;
  at_end_ = at_end;
  progress_.set_under_newest(progress_.under_newest() + rewrapped);
  return absl::OkStatus();
}

absl::Status SecretOps::Rotation::Finish() {
  const sealing::Sealer& sealer = ops_.sealer_;
  const absl::Status status = ops_.store_.Reseal(
      EntryOf(caller_, ops_.clock_.Now()),
      [&](store::SecretRows& rows) -> absl::StatusOr<std::string> {
        auto progress = ops_.Count(rows);
        if (!progress.ok()) return progress.status();
        if (progress->under_newest() != progress->total()) {
          return absl::AbortedError(
              "secrets came back under an older master key meanwhile: rotate again");
        }
        absl::Status put = rows.PutMeta(ops_.meta_.check_value, sealer.MakeCheckValue());
        if (put.ok()) put = rows.PutMeta(ops_.meta_.id, sealer.keys().newest().id);
        if (!put.ok()) return put;
        progress_ = *std::move(progress);
        return base::Cat("rotation to master key ",
                         sealing::MasterKeyIdText(sealer.keys().newest().id), " done: all ",
                         progress_.total(), " secrets are sealed under it");
      });
  if (!status.ok()) return status;
  progress_.set_done(true);
  ops_.store_.EmptyLog();
  return absl::OkStatus();
}

absl::StatusOr<RotateMasterKeyProgress> SecretOps::Rotation::Next() {
  absl::Status status;
  if (!begun_) status = Begin();
  if (status.ok() && at_end_) {
    status = Finish();
  } else {
    const int64_t before = progress_.under_newest();
    // What an earlier rotation has done is passed over.
    while (status.ok() && !at_end_ && progress_.under_newest() == before) status = Batch();
  }
  if (!status.ok()) return status;
  return progress_;
}

}  // namespace sluice::ops
