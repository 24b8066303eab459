#include "controlplane/cli/declaration_text.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/text.h"
#include "controlplane/cli/json_value.h"

namespace sluice::cli {
namespace {

using admin::v1::ExportConfigurationResponse;
using config::v1::ProviderKey;
using Json = nlohmann::ordered_json;

// What an environment variable can be called.
std::string VariableText(std::string_view text) {
  std::string name = base::Upper(text);
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string VariableOf(const ProviderKey& key) {
  return base::Cat("SLUICE_", VariableText(key.provider()), "_", VariableText(key.name()));
}

absl::StatusOr<Json> ProviderKeys(const ExportConfigurationResponse& configuration) {
  std::map<std::string, int> uses;
  for (const ProviderKey& key : configuration.provider_keys()) ++uses[VariableOf(key)];
  Json list = Json::array();
  for (const ProviderKey& key : configuration.provider_keys()) {
    Json entry = {{"provider", key.provider()}, {"name", key.name()}};
    if (key.has_enabled()) entry["enabled"] = key.enabled();
    if (key.has_weight()) entry["weight"] = key.weight();
    std::string variable = VariableOf(key);
    // Two keys must not be led to the same secret.
    if (uses[variable] > 1) variable += base::Cat("_", VariableText(key.id()));
    entry["from_env"] = std::move(variable);
    list.push_back(std::move(entry));
  }
  return list;
}

absl::StatusOr<Json> Providers(const ExportConfigurationResponse& configuration) {
  Json list = Json::array();
  for (const config::v1::Provider& provider : configuration.providers()) {
    auto entry = ToJsonValue(provider, JsonFields::kSet);
    if (!entry.ok()) return entry.status();
    list.push_back(*std::move(entry));
  }
  return list;
}

absl::StatusOr<Json> ClientKeys(const ExportConfigurationResponse& configuration) {
  Json list = Json::array();
  for (const admin::v1::DeclaredClientKey& declared : configuration.client_keys()) {
    config::v1::ClientKey key = declared.key();
    key.clear_created_at();
    auto entry = ToJsonValue(key, JsonFields::kSet);
    if (!entry.ok()) return entry.status();
    (*entry)["sha256"] = absl::BytesToHexString(declared.sha256());
    list.push_back(*std::move(entry));
  }
  return list;
}

bool TakesHs256(const config::v1::JwtIssuer& issuer) {
  const auto& taken = issuer.algorithms();
  return std::find(taken.begin(), taken.end(), config::v1::JWT_ALGORITHM_HS256) != taken.end();
}

absl::StatusOr<Json> JwtIssuers(const ExportConfigurationResponse& configuration) {
  // Two lines, which no provider key's variable has.
  const auto variable_of = [](const config::v1::JwtIssuer& issuer) {
    return base::Cat("SLUICE_JWT__", VariableText(issuer.name()));
  };
  std::map<std::string, int> uses;
  for (const auto& issuer : configuration.jwt_issuers()) ++uses[variable_of(issuer)];
  Json list = Json::array();
  for (config::v1::JwtIssuer issuer : configuration.jwt_issuers()) {
    issuer.clear_created_at();
    auto entry = ToJsonValue(issuer, JsonFields::kSet);
    if (!entry.ok()) return entry.status();
    if (TakesHs256(issuer)) {
      std::string variable = variable_of(issuer);
      if (uses[variable] > 1) {
        variable += base::Cat("_", absl::BytesToHexString(issuer.name()));
      }
      (*entry)["from_env"] = std::move(variable);
    }
    list.push_back(*std::move(entry));
  }
  return list;
}

absl::Status AddPart(const char* name, absl::StatusOr<Json> part, Json* document) {
  if (!part.ok()) return part.status();
  (*document)[name] = *std::move(part);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> DeclarationText(const ExportConfigurationResponse& configuration,
                                            OutputFormat format) {
  Json document = Json::object();
  absl::Status status;
  if (configuration.has_settings()) {
    status =
        AddPart("settings", ToJsonValue(configuration.settings(), JsonFields::kSet), &document);
  }
  if (status.ok()) status = AddPart("providers", Providers(configuration), &document);
  if (status.ok()) status = AddPart("provider_keys", ProviderKeys(configuration), &document);
  if (status.ok()) status = AddPart("client_keys", ClientKeys(configuration), &document);
  if (status.ok()) status = AddPart("jwt_issuers", JwtIssuers(configuration), &document);
  if (!status.ok()) return status;
  if (format == OutputFormat::kJson) return JsonText(document, JsonStyle::kPretty);
  return base::Cat("# Sluice configuration, revision ", configuration.revision(),
                   "; sluicectl apply -f reads it.\n", YamlText(document));
}

}  // namespace sluice::cli
