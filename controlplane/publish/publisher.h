// Turns the newest revision of the store into the image that all streams send.
//
// Refresh is for one thread; Current for any.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/publish/configuration_image.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/store.h"

namespace sluice::publish {

class Publisher {
 public:
  Publisher(store::Store& store, const sealing::Sealer& sealer, std::string epoch)
      : store_(store), sealer_(sealer), epoch_(std::move(epoch)) {}

  // Encodes the newest revision if it is not the current one. After an error the current one stays.
  absl::Status Refresh();

  // Null before the first Refresh that succeeded.
  std::shared_ptr<const ConfigurationImage> Current() const;
  // Of the last Refresh.
  absl::Status LastStatus() const;

 private:
  absl::Status Encode();

  store::Store& store_;
  const sealing::Sealer& sealer_;
  const std::string epoch_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const ConfigurationImage> current_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_status_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not published yet");
};

}  // namespace sluice::publish
