// What is measured: a control plane, data planes and the emulator as programs, and a client of the
// control plane. One thread; programs end with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/fleet/simulated_fleet.h"
#include "tests/support/admin/admin_client.h"
#include "tests/support/stack/stack.h"
#include "tests/support/tcp_relay.h"

namespace sluice::bench {

class World {
 public:
  // One data plane, behind a relay to the control plane; a provider and `keys` client keys.
  static absl::StatusOr<std::unique_ptr<World>> Start(size_t keys);

  test::Stack& stack() { return *stack_; }
  test::AdminClient& admin() { return *admin_; }
  // Of data plane 0.
  const test::TcpRelay& relay() const { return *relay_; }
  // That requests use.
  const std::string& key() const { return key_; }
  // Names of keys that nobody uses, to be changed.
  const std::string& spare_key(size_t number) const { return spare_[number % spare_.size()]; }
  std::vector<uint16_t> ports();

  absl::Status AddDataplanes(size_t until);
  std::unique_ptr<SimulatedFleet> NewFleet();
  // Until every connected node has the newest revision.
  absl::Status Settle();
  // After the control plane was started anew.
  absl::Status Reopen();

 private:
  World() = default;
  absl::Status Load(size_t keys);
  absl::Status PutRelayBefore(test::ServerProcess& dataplane);

  std::unique_ptr<test::Stack> stack_;
  std::unique_ptr<test::AdminClient> admin_;
  std::unique_ptr<test::TcpRelay> relay_;
  std::string key_;
  std::vector<std::string> spare_;
};

}  // namespace sluice::bench
