// A whole Sluice for a test: the emulator, a control plane and data planes, each a program of its
// own on free ports, with all state in one temporary folder. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/certificate_authority.h"
#include "nlohmann/json.hpp"
#include "tests/support/process.h"
#include "tests/support/stack/emulator_process.h"
#include "tests/support/stack/server_process.h"
#include "tests/support/stack/tls_relay.h"
#include "tests/support/temp_folder.h"

namespace sluice::test {

struct StackOptions {
  int dataplanes = 1;
  bool tls = false;  // to the control plane
  // On the data port, with a relay in front that speaks plaintext to the tests: see Stack::port().
  // The environment variable SLUICE_TEST_TLS asks for it too.
  bool data_tls = false;
  std::vector<std::string> emulator_args;
  std::vector<std::string>
      controlplane_args;  // beside those that say where its state and ports are
  std::vector<std::string> dataplane_args;
  std::vector<std::string> env;  // "NAME=value" for all servers
};

// What sluicectl did.
struct CtlResult {
  int exit_code = -1;
  std::string out;
  std::string err;
  nlohmann::json json;  // of `out`; null if it is none
  bool ok() const { return exit_code == 0; }
};

class Stack {
 public:
  // Returns when every data plane is ready, that is, has its configuration.
  static absl::StatusOr<std::unique_ptr<Stack>> Start(const StackOptions& options = {});

  TempFolder& folder() { return folder_; }
  EmulatorProcess& emulator() { return *emulator_; }
  ServerProcess& controlplane() { return *controlplane_; }
  ServerProcess& dataplane(size_t index = 0) { return *dataplanes_.at(index); }
  size_t dataplanes() const { return dataplanes_.size(); }
  // Where clients of a data plane connect, in plaintext: with TLS on the data port, its relay.
  uint16_t port(size_t index = 0);
  bool data_tls() const { return options_.data_tls; }
  // With TLS on the data port: the file of the authority that clients trust, for "gateway.test" and
  // "127.0.0.1"; and those of the pair that every data plane shows.
  std::string data_ca_file() const { return folder_.File("data_ca.crt"); }
  std::string data_cert_file() const { return folder_.File("data.crt"); }
  std::string data_key_file() const { return folder_.File("data.key"); }
  // Another pair in the place of that one, as a deployment does it.
  absl::Status ReplaceDataCertificate();
  std::string url(size_t index = 0) { return "http://127.0.0.1:" + std::to_string(port(index)); }

  // A further data plane, started, with an id of its own; ready or not.
  absl::StatusOr<ServerProcess*> AddDataplane(const std::vector<std::string>& args = {});
  // Starts the control plane again on the port that it had, so that data planes and tools find it.
  absl::Status RestartControlplane();
  // Whether the data plane's /readyz is 200 in time.
  bool WaitUntilReady(size_t index = 0);

  // sluicectl with the owner's token and `-o json`; `input` is its standard input.
  CtlResult Ctl(std::vector<std::string> args, const std::string& input = "");
  // With another's token.
  CtlResult CtlAs(const std::string& token_file, std::vector<std::string> args,
                  const std::string& input = "");
  // `provider create`, `provider-key add` and --wait. A key must begin with sk-emulator to be
  // accepted. With an empty key none is added.
  absl::Status AddProvider(const std::string& name, const std::string& preset,
                           const std::string& base_url,
                           const std::string& key = "sk-emulator-0001");
  // The text of a new client key, known to every data plane.
  absl::StatusOr<std::string> AddClientKey(const std::string& name,
                                           const std::vector<std::string>& args = {});

  // "Authorization: Bearer KEY".
  static std::string Bearer(const std::string& key) { return "Authorization: Bearer " + key; }
  std::string admin_token_file() const { return folder_.File("controlplane/admin.token"); }
  // What all programs wrote, for searching and for failure messages.
  std::string logs() const;
  // Of those, the lines that no healthy run has: errors, and what sanitizers report.
  std::vector<std::string> AlarmingLines() const;

 private:
  Stack() = default;
  absl::Status StartControlplane(const StackOptions& options);
  absl::Status WriteDataCertificate(const std::string& suffix);
  std::string control_address() const;

  TempFolder folder_;
  StackOptions options_;
  std::unique_ptr<EmulatorProcess> emulator_;
  std::unique_ptr<ServerProcess> controlplane_;
  std::unique_ptr<crypto::CertificateAuthority> data_authority_;  // with TLS on the data port
  std::vector<std::unique_ptr<ServerProcess>> dataplanes_;
  std::vector<std::unique_ptr<TlsRelay>> relays_;  // of each data plane, likewise
};

}  // namespace sluice::test
