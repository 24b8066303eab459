#include "tests/integration/conformance/provider_rows.h"

#include <algorithm>

#include "common/base/check.h"

namespace sluice::test {
namespace {

constexpr char kAuthorization[] = "Authorization";

constexpr char kEdits[] = R"({"remove":["X-Gone"],)"
                          R"("set":[{"name":"X-Set","value":"set"}],)"
                          R"("add":[{"name":"X-Added","value":"one"}]})";

std::vector<ProviderRow> MakeRows() {
  std::vector<ProviderRow> rows;
  rows.push_back({"openai", "openai", "http://{UPSTREAM}/v1", "sk-emulator-openai-1111",
                  kAuthorization, "Bearer"});
  rows.push_back({"openai-east", "openai", "http://{UPSTREAM}/east/v1", "sk-emulator-east-2222",
                  kAuthorization, "Bearer"});
  rows.push_back({"anthropic",
                  "anthropic",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-anthropic-3333",
                  "x-api-key",
                  "",
                  {},
                  {"anthropic-version: 2023-06-01"}});
  rows.push_back({"gemini", "gemini", "http://{UPSTREAM}/v1beta", "sk-emulator-gemini-4444",
                  "x-goog-api-key"});
  rows.push_back({"zai", "zai", "http://{UPSTREAM}/api/paas/v4", "sk-emulator-zai-5555",
                  kAuthorization, "Bearer"});
  rows.push_back(
      {"azure", "azure", "http://{UPSTREAM}/openai/v1", "sk-emulator-azure-6666", "api-key"});
  rows.push_back(
      {"plain", "custom", "http://{UPSTREAM}", "sk-emulator-plain-7777", kAuthorization, "Bearer"});
  rows.push_back({"ollama", "ollama", "http://{UPSTREAM}/v1"});
  rows.push_back({"vllm", "vllm", "http://{UPSTREAM}/v1"});
  rows.push_back({"keeps-slashes",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-slashes-8888",
                  kAuthorization,
                  "Bearer",
                  {"--set", "encoded_slashes=ENCODED_SLASHES_PRESERVE"}});
  rows.push_back({"keeps-v1",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-v1-9999",
                  kAuthorization,
                  "Bearer",
                  {"--strip-v1", "false"}});
  rows.push_back({"edits-requests",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-edits-aaaa",
                  kAuthorization,
                  "Bearer",
                  {"--set", std::string("request_headers=") + kEdits}});
  rows.push_back({"edits-answers",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-edits-abab",
                  kAuthorization,
                  "Bearer",
                  {"--set", std::string("response_headers=") + kEdits}});
  rows.push_back({"small",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-small-bbbb",
                  kAuthorization,
                  "Bearer",
                  {"--max-body-bytes", "16"}});
  rows.push_back({"hasty",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-hasty-cccc",
                  kAuthorization,
                  "Bearer",
                  {"--first-byte-timeout", "250ms", "--stream-idle-timeout", "250ms"}});
  rows.push_back({"keyless", "openai", "http://{UPSTREAM}/v1"});
  rows.push_back({"disabled",
                  "openai",
                  "http://{UPSTREAM}/v1",
                  "sk-emulator-disabled-dddd",
                  kAuthorization,
                  "Bearer",
                  {"--disabled"}});
  rows.push_back({"unplugged", "openai", "http://{NOBODY}/v1", "sk-emulator-unplugged-eeee",
                  kAuthorization, "Bearer"});
  rows.push_back({"nameless", "openai", "http://sluice-conformance.invalid/v1",
                  "sk-emulator-nameless-ffff", kAuthorization, "Bearer"});
  rows.push_back({"not-tls", "openai", "https://{NOT_TLS}/v1", "sk-emulator-tls-0000",
                  kAuthorization, "Bearer"});
  rows.push_back({"deaf",
                  "openai",
                  "http://{DEAF}/v1",
                  "sk-emulator-deaf-1212",
                  kAuthorization,
                  "Bearer",
                  {"--connect-timeout", "150ms"}});
  return rows;
}

}  // namespace

const std::vector<ProviderRow>& ProviderRows() {
  static const std::vector<ProviderRow> rows = MakeRows();
  return rows;
}

const ProviderRow& ProviderNamed(std::string_view name) {
  const auto& rows = ProviderRows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const ProviderRow& each) { return each.name == name; });
  SLUICE_CHECK(row != rows.end(), "a case names a provider that provider_rows.cc does not have");
  return *row;
}

std::string CredentialLine(const ProviderRow& row) {
  if (row.credential_name.empty()) return "";
  return row.credential_name + ": " + row.credential_scheme +
         (row.credential_scheme.empty() ? "" : " ") + row.key;
}

}  // namespace sluice::test
