// What the fleet is to have: follows the revisions of the store, and gives for each node the
// message that brings it to the newest.
//
// A write costs what it changed: only the rows that a revision touched are read again, and only
// their part of the hash is new. Thread-safe; Refresh is for one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/publish/canary_selection.h"
#include "controlplane/publish/configuration_image.h"
#include "controlplane/publish/configuration_view.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/reading.h"
#include "controlplane/store/store.h"

namespace sluice::publish {

// What brings a node to a newer revision: a delta or an image.
struct Update {
  HeadPtr head;  // that the node has then
  EncodedMessage delta;
  std::shared_ptr<const ConfigurationImage> image;
};

// A revision as a whole, its bytes as they are stored and sealed elsewhere.
struct WholeConfiguration {
  Head head;
  base::Secret bytes;  // a serialised Configuration: it holds provider keys
};

// While a rollout is under way there are two configurations of each revision.
enum class Part {
  kNewest,  // the canaries'; all nodes' if there is no rollout
  kOthers,  // what the rollout touched is as it was before
};

class Publisher {
 public:
  Publisher(store::Store& store, const sealing::Sealer& sealer, std::string epoch)
      : store_(store), sealer_(sealer), epoch_(std::move(epoch)) {}

  // Takes over the newest revision if it is not the current one. After an error the current one
  // stays.
  absl::Status Refresh();

  // Null before the first Refresh that succeeded.
  HeadPtr Current(Part part = Part::kNewest) const;
  Part PartOf(const std::string& node, const Labels& labels) const;
  std::optional<store::RolloutRow> ActiveRollout() const;
  // Of the newest configuration, all resources together.
  size_t CurrentBytes() const;
  // Of the last Refresh.
  absl::Status LastStatus() const;

  // How a node's configuration stands to this store's.
  enum class Relation {
    kCurrent,  // the same
    kBehind,   // an earlier revision of this history
    kOther,    // nothing, another epoch, a revision that is not there yet, or other bytes
    kForked,   // a revision of the same epoch that this history does not have
  };
  absl::StatusOr<Relation> Relate(const Head& node, Part part = Part::kNewest);

  // For a node that has `from` of this history (none: nothing of it). `deltas`: it takes them.
  // `served`: the revision that it serves, whatever its contents; it would refuse an earlier one.
  absl::StatusOr<Update> UpdateFrom(std::optional<int64_t> from, bool deltas,
                                    Part part = Part::kNewest, int64_t served = 0);

  WholeConfiguration Whole() const;

 private:
  // What the nodes have that are no canaries.
  struct Others {
    store::RolloutRow rollout;
    std::set<store::ResourceKey> held;
    ConfigurationView view;
  };
  struct Fresh {
    store::ResourceKey key;
    std::optional<base::Secret> bytes;  // none: it does not travel
  };

  absl::Status TakeOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Load(const store::Reading& reading) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Follow(const store::Reading& reading, int64_t newest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::unique_ptr<Others>> SplitOff(const store::Reading& reading,
                                                   const store::RolloutRow& rollout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<EncodedMessage> DeltaFrom(int64_t from, ConfigurationView& view)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const ConfigurationView& ViewOf(Part part) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return part == Part::kOthers && others_ != nullptr ? others_->view : view_;
  }
  ConfigurationView& ViewOf(Part part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return part == Part::kOthers && others_ != nullptr ? others_->view : view_;
  }

  store::Store& store_;
  const sealing::Sealer& sealer_;
  const std::string epoch_;
  mutable absl::Mutex mutex_;
  ConfigurationView view_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Others> others_ ABSL_GUARDED_BY(mutex_);  // null: no rollout
  absl::Status last_status_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not published yet");
};

}  // namespace sluice::publish
