// The node's shares of budgets, on their way to the control plane that lends them and back. One
// report at a time, the next when it is answered; and none while a batch of usage is on its way, so
// that what a report calls outstanding is what the control plane has not stored when it reads it.
//
// The link's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "dataplane/guard/budget_book.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class BudgetCourier {
 public:
  // Of one report.
  static constexpr size_t kMostAccounts = 1000;

  // Both outlive this.
  BudgetCourier(guard::BudgetBook& book, const base::Clock& clock)
      : book_(book), clock_(clock), began_(clock.Now()) {}

  // A connection begins, or has ended.
  void Restart();
  // What is to be sent now, if anything is.
  std::optional<fleet::v1::NodeMessage> Next();
  // True: what waits for its budget may look again.
  bool Take(const fleet::v1::BudgetGrant& grant);

  // A batch of usage is on its way; and it is stored.
  void Sent(const fleet::v1::UsageBatch& batch);
  void Stored(const fleet::v1::UsageAck& ack);

 private:
  struct Sum {
    std::string client_key_id;
    absl::Time ended_at;
    guard::Spending used;
  };

  guard::BudgetBook& book_;
  const base::Clock& clock_;
  const absl::Time began_;   // what ended before was used in another process
  int64_t number_ = 0;       // of the newest report of this connection
  bool answered_ = true;     // it is
  bool batch_sent_ = false;  // and not acknowledged
  std::string segment_;      // of that batch
  int64_t first_ = 0;        // its first record
  std::vector<Sum> batch_;   // what each of its records used
};

}  // namespace sluice::link
