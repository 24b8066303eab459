#include "tests/support/stack/stack.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/base/file.h"
#include "common/crypto/private_key.h"
#include "tests/support/http_reader.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

// A test says what it wants to see; the machine's own settings must not change it.
const std::vector<std::string> kOwnVariables = {"SLUICE_SERVER", "SLUICE_CA_FILE",
                                                "SLUICE_TOKEN",  "SLUICE_TOKEN_FILE",
                                                "SLUICE_URL",    "SLUICE_API_KEY"};

void Append(std::vector<std::string>& args, const std::vector<std::string>& more) {
  args.insert(args.end(), more.begin(), more.end());
}

absl::Status Refused(const std::string& what, const CtlResult& result) {
  return absl::InternalError(what + " ended with code " + std::to_string(result.exit_code) + ": " +
                             result.err + result.out);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Stack>> Stack::Start(const StackOptions& options) {
  std::unique_ptr<Stack> stack(new Stack);
  stack->options_ = options;
  stack->options_.data_tls |= std::getenv("SLUICE_TEST_TLS") != nullptr;
  if (stack->options_.data_tls) {
    stack->data_authority_ = std::make_unique<crypto::CertificateAuthority>(
        crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24 * 365)));
    absl::Status written =
        base::WriteFileAtomically(stack->data_ca_file(), stack->data_authority_->certificate());
    if (written.ok()) written = stack->WriteDataCertificate("");
    if (!written.ok()) return written;
  }
  auto emulator = EmulatorProcess::Start(stack->folder_.path(), options.emulator_args);
  if (!emulator.ok()) return emulator.status();
  stack->emulator_ = *std::move(emulator);
  if (auto status = stack->StartControlplane(options); !status.ok()) return status;
  for (int i = 0; i < options.dataplanes; ++i) {
    if (auto added = stack->AddDataplane(); !added.ok()) return added.status();
  }
  for (size_t i = 0; i < stack->dataplanes_.size(); ++i) {
    if (!stack->WaitUntilReady(i)) {
      return absl::DeadlineExceededError("data plane " + std::to_string(i) +
                                         " is not ready in time:\n" + stack->logs());
    }
  }
  return stack;
}

absl::Status Stack::StartControlplane(const StackOptions& options) {
  std::error_code error;
  std::filesystem::create_directory(folder_.File("controlplane"), error);
  if (error)
    return absl::InternalError("cannot make a folder for the control plane: " + error.message());
  std::vector<std::string> args = {"--listen",          "127.0.0.1:0",
                                   "--ops-listen",      "127.0.0.1:0",
                                   "--database",        folder_.File("controlplane/sluice.db"),
                                   "--master-key-file", folder_.File("controlplane/master.key")};
  if (options.tls) Append(args, {"--tls"});
  Append(args, options.controlplane_args);
  controlplane_ = std::make_unique<ServerProcess>("controlplane", ControlplaneProgram(),
                                                  folder_.path(), std::move(args), options.env);
  return controlplane_->Start();
}

absl::StatusOr<ServerProcess*> Stack::AddDataplane(const std::vector<std::string>& more) {
  const std::string name = "dataplane" + std::to_string(dataplanes_.size());
  std::vector<std::string> args = {"--listen",          "127.0.0.1:0",
                                   "--ops-listen",      "127.0.0.1:0",
                                   "--control-plane",   control_address(),
                                   "--state-dir",       folder_.File(name),
                                   "--join-token-file", folder_.File("controlplane/join.token"),
                                   "--node-id",         name};
  if (options_.tls) {
    Append(args, {"--control-plane-ca-file", folder_.File("controlplane/ca.crt")});
  }
  if (options_.data_tls) {
    Append(args, {"--tls-cert-file", data_cert_file(), "--tls-key-file", data_key_file()});
    auto relay = TlsRelay::Start(data_authority_->certificate(), "gateway.test");
    if (!relay.ok()) return relay.status();
    relays_.push_back(*std::move(relay));
  }
  Append(args, options_.dataplane_args);
  Append(args, more);
  dataplanes_.push_back(std::make_unique<ServerProcess>(name, DataplaneProgram(), folder_.path(),
                                                        std::move(args), options_.env));
  if (auto status = dataplanes_.back()->Start(); !status.ok()) return status;
  return dataplanes_.back().get();
}

absl::Status Stack::WriteDataCertificate(const std::string& suffix) {
  const base::Secret key = crypto::MakePrivateKey();
  const auto certificate =
      data_authority_->IssueServer(key, {"gateway.test", "127.0.0.1", "serial" + suffix + ".test"},
                                   absl::Now(), absl::Hours(24 * 90));
  if (!certificate.ok()) return certificate.status();
  absl::Status status = base::WriteFileAtomically(data_cert_file() + suffix, *certificate, 0644);
  if (!status.ok()) return status;
  return base::WriteFileAtomically(data_key_file() + suffix, key.Reveal(), 0600);
}

absl::Status Stack::ReplaceDataCertificate() {
  if (absl::Status status = WriteDataCertificate(".next"); !status.ok()) return status;
  const bool moved =
      std::rename((data_cert_file() + ".next").c_str(), data_cert_file().c_str()) == 0 &&
      std::rename((data_key_file() + ".next").c_str(), data_key_file().c_str()) == 0;
  return moved ? absl::OkStatus() : absl::InternalError("cannot move the new certificate");
}

uint16_t Stack::port(size_t index) {
  const uint16_t port = dataplane(index).port("http");
  if (!options_.data_tls) return port;
  // It may have been started again since.
  relays_.at(index)->SetTarget(port);
  return relays_.at(index)->port();
}

std::string Stack::control_address() const {
  return "127.0.0.1:" + std::to_string(controlplane_->port("grpc"));
}

absl::Status Stack::RestartControlplane() {
  controlplane_->Stop();
  std::vector<std::string> args = controlplane_->args();
  args[1] = control_address();
  controlplane_->SetArgs(std::move(args));
  return controlplane_->Start();
}

bool Stack::WaitUntilReady(size_t index) {
  return Eventually([&] {
    const auto answer = Fetch(dataplane(index).port("ops"), "GET", "/readyz");
    return answer.ok() && answer->status == 200;
  });
}

CtlResult Stack::Ctl(std::vector<std::string> args, const std::string& input) {
  return CtlAs(admin_token_file(), std::move(args), input);
}

CtlResult Stack::CtlAs(const std::string& token_file, std::vector<std::string> args,
                       const std::string& input) {
  Append(args, {"-o", "json", "--server", control_address(), "--token-file", token_file});
  if (options_.tls) Append(args, {"--ca-file", folder_.File("controlplane/ca.crt")});
  ProcessOptions options;
  options.program = SluicectlProgram();
  options.args = std::move(args);
  options.input = input;
  options.unset = kOwnVariables;
  auto finished = RunProgram(std::move(options), Deadline(3 * kPatience));
  if (!finished.ok()) return {-1, "", std::string(finished.status().message()), nullptr};
  CtlResult result{finished->exit_code, std::move(finished->out), std::move(finished->err),
                   nullptr};
  result.json = nlohmann::json::parse(result.out, nullptr, false);
  if (result.json.is_discarded()) result.json = nullptr;
  return result;
}

absl::Status Stack::AddProvider(const std::string& name, const std::string& preset,
                                const std::string& base_url, const std::string& key) {
  const CtlResult created =
      Ctl({"provider", "create", name, "--preset", preset, "--base-url", base_url, "--wait"});
  if (!created.ok()) return Refused("provider create " + name, created);
  if (key.empty()) return absl::OkStatus();
  const CtlResult added = Ctl({"provider-key", "add", name, "--name", "main", "-", "--wait"}, key);
  return added.ok() ? absl::OkStatus() : Refused("provider-key add " + name, added);
}

absl::StatusOr<std::string> Stack::AddClientKey(const std::string& name,
                                                const std::vector<std::string>& more) {
  std::vector<std::string> args = {"key", "create", "--name", name, "--wait"};
  Append(args, more);
  const CtlResult created = Ctl(std::move(args));
  if (!created.ok() || !created.json.is_object() || !created.json.contains("key") ||
      !created.json["key"].is_string()) {
    return Refused("key create " + name, created);
  }
  return created.json["key"].get<std::string>();
}

std::string Stack::logs() const {
  std::string logs = "controlplane:\n" + controlplane_->log();
  for (const auto& dataplane : dataplanes_) logs += "dataplane:\n" + dataplane->log();
  return logs;
}

std::vector<std::string> Stack::AlarmingLines() const {
  constexpr const char* kMarks[] = {" error sluice-", " critical sluice-", "Sanitizer",
                                    "runtime error:"};
  std::vector<std::string> alarming;
  std::istringstream lines(logs());
  for (std::string line; std::getline(lines, line);) {
    const bool alarms = std::any_of(std::begin(kMarks), std::end(kMarks), [&](const char* mark) {
      return line.find(mark) != std::string::npos;
    });
    if (alarms) alarming.push_back(line);
  }
  return alarming;
}

}  // namespace sluice::test
