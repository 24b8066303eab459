// From a file that `sluicectl apply` is given to the request that is sent (cli/yaml_tree,
// declared_fields, declaration_file).
//
// Input: the file. No variable is set and no file is there for its references. Oracle, whatever the
// bytes:
//   - what is refused is refused by a sentence that begins with the file's name;
//   - what is accepted passes the checker's rules for each resource, and holds no secret;
//   - printed as an export and read again it is the same, in YAML and in JSON.
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "common/wire/config_check.h"
#include "controlplane/cli/declaration_file.h"
#include "controlplane/cli/declaration_text.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using admin::v1::ApplyConfigurationRequest;
using cli::DeclarationFile;

constexpr char kFile[] = "input.yaml";
constexpr char kNowhere[] = "/nonexistent/";

absl::StatusOr<DeclarationFile> Read(std::string_view text) {
  std::ostringstream unused;
  cli::Terminal terminal;
  terminal.out = &unused;
  terminal.err = &unused;
  terminal.input_fd = -1;
  terminal.environment = [](const std::string&) { return std::nullopt; };
  return cli::ParseDeclaration(text, kFile, kNowhere, terminal);
}

void CheckRules(const ApplyConfigurationRequest& request) {
  Require(wire::CheckSettings(request.settings()).empty(), "settings break a rule");
  for (const auto& provider : request.providers()) {
    Require(wire::CheckProvider(provider).empty(), "a provider breaks a rule");
  }
  for (const auto& key : request.provider_keys()) {
    Require(key.secret().empty(), "a secret came from nowhere");
  }
  for (const auto& key : request.client_keys()) {
    Require(wire::CheckClientKey(key.key()).empty(), "a client key breaks a rule");
  }
  for (const auto& issuer : request.jwt_issuers()) {
    Require(wire::CheckJwtIssuer(issuer.issuer()).empty(), "a token issuer breaks a rule");
    Require(issuer.hs256_secret().empty(), "a secret came from nowhere");
  }
}

admin::v1::ExportConfigurationResponse AsExport(const ApplyConfigurationRequest& request) {
  admin::v1::ExportConfigurationResponse exported;
  if (request.has_settings()) *exported.mutable_settings() = request.settings();
  *exported.mutable_providers() = request.providers();
  *exported.mutable_client_keys() = request.client_keys();
  for (const auto& declared : request.provider_keys()) {
    auto* key = exported.add_provider_keys();
    key->set_provider(declared.provider());
    key->set_name(declared.name());
    if (declared.has_enabled()) key->set_enabled(declared.enabled());
    if (declared.has_weight()) key->set_weight(declared.weight());
  }
  for (const auto& declared : request.jwt_issuers()) {
    *exported.add_jwt_issuers() = declared.issuer();
  }
  return exported;
}

void CheckRoundTrip(const ApplyConfigurationRequest& request) {
  for (const cli::OutputFormat format : {cli::OutputFormat::kYaml, cli::OutputFormat::kJson}) {
    const auto text = cli::DeclarationText(AsExport(request), format);
    Require(text.ok(), "what was read cannot be printed");
    const auto again = Read(*text);
    Require(again.ok(), "what was printed cannot be read");
    Require(google::protobuf::util::MessageDifferencer::Equals(again->request, request),
            "what was printed is read as something else");
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::fuzz;  // NOLINT(google-build-using-namespace)
  const auto read = Read({reinterpret_cast<const char*>(data), size});
  if (!read.ok()) {
    Require(read.status().message().find(kFile) == 0, "a refusal does not name the file");
    return 0;
  }
  CheckRules(read->request);
  CheckRoundTrip(read->request);
  return 0;
}
