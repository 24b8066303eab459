#include "tests/integration/conformance/world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/crypto/key_text.h"
#include "tests/integration/conformance/provider_rows.h"
#include "tests/support/http_reader.h"

namespace sluice::test {
namespace {

// How the keys of the cases come to be; the arguments of `key create`.
struct KeyRow {
  const char* placeholder;
  const char* name;
  std::vector<std::string> args;
  std::vector<std::string> then;  // a further command
};

const std::vector<KeyRow>& KeyRows() {
  static const std::vector<KeyRow> rows = {
      {"{KEY}", "all", {}, {}},
      {"{OTHER_KEY}", "other", {}, {}},
      {"{NARROW_KEY}", "narrow", {"--providers", "openai,openai-east"}, {}},
      {"{EXPIRED_KEY}", "expired", {"--expires", "1s"}, {}},
      {"{REVOKED_KEY}", "revoked", {}, {"key", "revoke", "revoked", "--wait"}},
      {"{DISABLED_KEY}", "disabled", {}, {"key", "update", "disabled", "--disable", "--wait"}},
  };
  return rows;
}

RawSocket BoundSocket(uint16_t* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  SLUICE_CHECK(bound, "a test cannot get a port of the loopback");
  *port = ntohs(address.sin_port);
  return RawSocket(fd);
}

// Begins to connect, and leaves it at that.
RawSocket Knock(uint16_t port) {
  RawSocket knocking(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  connect(knocking.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  return knocking;
}

std::string Loopback(uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

World::World()
    : not_tls_([](RawSocket& socket, size_t) {
        if (socket.ReadSome().ok()) (void)socket.SendAll("HTTP/1.1 400 Bad Request\r\n\r\n");
      }),
      nobody_(-1),
      deaf_(-1) {
  uint16_t port = 0;
  nobody_ = BoundSocket(&port);
  names_["{NOBODY}"] = Loopback(port);
  deaf_ = BoundSocket(&port);
  listen(deaf_.fd(), 0);
  for (int i = 0; i < 4; ++i) queue_.push_back(Knock(port));
  names_["{DEAF}"] = Loopback(port);
  names_["{NOT_TLS}"] = Loopback(not_tls_.port());
  names_["{UPSTREAM}"] = provider_.address();
  names_["{PORT}"] = std::to_string(provider_.port());
  names_["{STRANGE_KEY}"] = std::string(crypto::MintKey(crypto::kClientKeyPrefix).text.Reveal());
}

absl::StatusOr<std::unique_ptr<World>> World::Make() {
  std::unique_ptr<World> world(new World);
  StackOptions options;
  options.dataplane_args = {"--workers", "1"};
  auto stack = Stack::Start(options);
  if (!stack.ok()) return stack.status();
  world->stack_ = *std::move(stack);
  // Every case is run behind an ordinary request, which goes to this provider with this key.
  if (auto status = world->AddProvider("openai"); !status.ok()) return status;
  if (auto status = world->AddClientKey("{KEY}"); !status.ok()) return status;
  return world;
}

absl::Status World::Ctl(std::vector<std::string> args, const std::string& input) {
  const CtlResult result = stack_->Ctl(args, input);
  if (result.ok()) return absl::OkStatus();
  return absl::InternalError("sluicectl " + args[0] + " " + args[1] + ": " + result.err);
}

absl::Status World::Prepare(const Case& test) {
  if (auto status = AddProvider(test.provider); !status.ok()) return status;
  for (const KeyRow& row : KeyRows()) {
    if ((test.sends + test.then_sends).find(row.placeholder) == std::string::npos) continue;
    if (auto status = AddClientKey(row.placeholder); !status.ok()) return status;
  }
  return ApplySettings(test.settings);
}

absl::Status World::AddProvider(const std::string& name) {
  if (!providers_.insert(name).second) return absl::OkStatus();
  const ProviderRow& row = ProviderNamed(name);
  std::vector<std::string> args = {"provider",
                                   "create",
                                   name,
                                   "--preset",
                                   row.preset,
                                   "--base-url",
                                   Filled(row.base_url, names_),
                                   "--breaker",  // most cases are failures of a provider
                                   "false"};
  args.insert(args.end(), row.args.begin(), row.args.end());
  if (row.key.empty()) args.push_back("--wait");
  if (auto status = Ctl(args); !status.ok() || row.key.empty()) return status;
  return Ctl({"provider-key", "add", name, "--name", "main", "-", "--wait"}, row.key);
}

absl::Status World::AddClientKey(const std::string& placeholder) {
  if (names_.count(placeholder) > 0) return absl::OkStatus();
  const auto& rows = KeyRows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const KeyRow& each) {
    return each.placeholder == placeholder;
  });
  if (placeholder == "{NARROW_KEY}") {
    if (auto status = AddProvider("openai-east"); !status.ok()) return status;
  }
  auto key = stack_->AddClientKey(row->name, row->args);
  if (!key.ok()) return key.status();
  names_[placeholder] = *key;
  if (placeholder == "{EXPIRED_KEY}") {
    const bool expired = Eventually([&] {
      auto answer = Fetch(port(), "GET", "/p/openai/..", {"x-api-key: " + *key});
      return answer.ok() && answer->status == 401;
    });
    if (!expired) return absl::InternalError("the key that expires is still good");
  }
  return row->then.empty() ? absl::OkStatus() : Ctl(row->then);
}

absl::Status World::ApplySettings(const std::vector<std::string>& settings) {
  if (settings == settings_) return absl::OkStatus();
  if (!settings_.empty()) {
    std::vector<std::string> args = {"settings", "unset", "--wait=30s"};
    for (const std::string& one : settings_) args.push_back(one.substr(0, one.find('=')));
    if (auto status = Ctl(args); !status.ok()) return status;
  }
  settings_ = settings;
  if (settings.empty()) return absl::OkStatus();
  std::vector<std::string> args = {"settings", "set", "--wait=30s"};
  args.insert(args.end(), settings.begin(), settings.end());
  return Ctl(args);
}

ProviderFacts World::FactsOf(const std::string& provider) const {
  const ProviderRow& row = ProviderNamed(provider);
  ProviderFacts facts;
  facts.host = provider_.address();
  facts.credential_name = row.credential_name;
  const std::string line = CredentialLine(row);
  facts.credential_value = line.substr(std::min(line.size(), row.credential_name.size() + 2));
  for (const ProviderRow& each : ProviderRows()) {
    if (!each.key.empty()) facts.keys.push_back(each.key);
  }
  return facts;
}

std::vector<std::string> World::Secrets() const {
  return {"127.0.0.1", ":" + std::to_string(provider_.port()), ".invalid", "sk-emulator", "slk_"};
}

std::vector<std::string> World::TakeAlarms(const std::string& announced) {
  if (!announced.empty()) announced_.insert(announced);
  std::vector<std::string> alarms;
  for (const std::string& line : stack_->AlarmingLines()) {
    const bool known =
        std::any_of(announced_.begin(), announced_.end(),
                    [&](const std::string& text) { return line.find(text) != std::string::npos; });
    if (!known) alarms.push_back(line);
  }
  const size_t told = std::min(std::exchange(alarms_told_, alarms.size()), alarms.size());
  alarms.erase(alarms.begin(), alarms.begin() + static_cast<ptrdiff_t>(told));
  return alarms;
}

}  // namespace sluice::test
