// Use cases of backups. Thread-safe.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/backup.h"
#include "controlplane/store/store.h"

namespace sluice::ops {

class BackupOps {
 public:
  BackupOps(store::Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}

  // A backup that is being given out. There is one at a time, so that they cannot fill the disk.
  class Loan {
   public:
    Loan(std::unique_ptr<store::Backup> backup, std::atomic<bool>& taken)
        : backup_(std::move(backup)), taken_(taken) {}
    ~Loan() {
      backup_.reset();
      taken_ = false;
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    store::Backup& operator*() { return *backup_; }
    store::Backup* operator->() { return backup_.get(); }

   private:
    std::unique_ptr<store::Backup> backup_;
    std::atomic<bool>& taken_;
  };

  // Who took it goes to the audit. ResourceExhausted while another is being given out. Must not
  // outlive this object.
  absl::StatusOr<std::unique_ptr<Loan>> Create(const Caller& caller);

 private:
  store::Store& store_;
  const base::Clock& clock_;
  std::atomic<bool> taken_{false};
};

}  // namespace sluice::ops
