// When client keys were used last: what the nodes have told, kept in the database, and asked for by
// who lists the keys.
//
// Thread-safe. Written every ten seconds; what a killed control plane had not written is told again
// when the key is used again.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/publish/key_uses.h"
#include "controlplane/store/store.h"

namespace sluice::service {

class KeyUseLog {
 public:
  KeyUseLog(store::Store& store, publish::KeyUses& uses) : store_(store), uses_(uses) {}
  ~KeyUseLog() { Write(); }

  // To be called about once a second, by one thread.
  void Tick();
  absl::StatusOr<publish::KeyUses::Times> LastUses();

 private:
  void Write();

  store::Store& store_;
  publish::KeyUses& uses_;
  absl::Mutex moving_;  // held while uses are in neither place
  int ticks_ = 0;
};

}  // namespace sluice::service
