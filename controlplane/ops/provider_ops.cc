#include "controlplane/ops/provider_ops.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/catalog/preset.h"
#include "common/catalog/price_rows.h"
#include "common/wire/config_check.h"
#include "controlplane/ops/field_mask.h"
#include "controlplane/ops/row_messages.h"

namespace sluice::ops {
namespace {

using config::v1::Provider;
using store::ResourceKind;

constexpr size_t kKeysNamedInRefusal = 5;

const std::vector<std::string_view> kChangeable = {"enabled",
                                                   "base_url",
                                                   "roots",
                                                   "auth",
                                                   "default_headers",
                                                   "rewrite_response_headers",
                                                   "denied_endpoints",
                                                   "strip_v1",
                                                   "encoded_slashes",
                                                   "request_headers",
                                                   "response_headers",
                                                   "timeouts",
                                                   "max_body_bytes",
                                                   "labels",
                                                   "key_strategy",
                                                   "retries",
                                                   "breaker",
                                                   "max_concurrent",
                                                   "prices"};

template <typename From, typename To>
void CopyAll(const From& from, To* to) {
  for (const auto& value : from) *to->Add() = value;
}

admin::v1::Preset Describe(const catalog::Preset& preset) {
  admin::v1::Preset message;
  message.set_name(std::string(preset.name));
  message.set_title(std::string(preset.title));
  message.set_base_url(std::string(preset.base_url));
  CopyAll(preset.roots, message.mutable_roots());
  CopyAll(preset.auth, message.mutable_auth());
  CopyAll(preset.default_headers, message.mutable_default_headers());
  CopyAll(preset.rewrite_response_headers, message.mutable_rewrite_response_headers());
  CopyAll(preset.denied_endpoints, message.mutable_denied_endpoints());
  message.set_key_required(preset.key_required);
  CopyAll(preset.prices, message.mutable_prices());
  if (!preset.prices.empty()) message.set_prices_as_of(std::string(catalog::kPricesAsOf));
  return message;
}

// FailedPrecondition names the token issuers that list the provider.
absl::Status CheckNoIssuerNames(const store::ResourceRows& rows, const std::string& provider) {
  auto issuers = ListMessages<config::v1::JwtIssuer>(rows, ResourceKind::kJwtIssuer);
  if (!issuers.ok()) return issuers.status();
  for (const config::v1::JwtIssuer& issuer : *issuers) {
    const auto& named = issuer.providers();
    if (std::find(named.begin(), named.end(), provider) == named.end()) continue;
    return absl::FailedPreconditionError(base::Cat("provider \"", provider,
                                                   "\" is named by jwt issuer ", issuer.name(),
                                                   ": delete that or change its providers first"));
  }
  return absl::OkStatus();
}

// FailedPrecondition names the client keys or token issuers that list the provider.
absl::Status CheckNotNamed(const store::ResourceRows& rows, const std::string& provider) {
  auto keys = ListMessages<config::v1::ClientKey>(rows, ResourceKind::kClientKey);
  if (!keys.ok()) return keys.status();
  size_t count = 0;
  std::string names;
  for (const config::v1::ClientKey& key : *keys) {
    if (key.has_revoked_at()) continue;
    for (const std::string& named : key.providers()) {
      if (named != provider) continue;
      if (count++ < kKeysNamedInRefusal) names += base::Cat(names.empty() ? "" : ", ", key.name());
      break;
    }
  }
  if (count == 0) return CheckNoIssuerNames(rows, provider);
  if (count > kKeysNamedInRefusal)
    names += base::Cat(" and ", count - kKeysNamedInRefusal, " more");
  return absl::FailedPreconditionError(base::Cat("provider \"", provider,
                                                 "\" is named by client keys (", names,
                                                 "): revoke them or change their providers first"));
}

// Returns how many there were.
absl::StatusOr<int> EraseKeysOf(store::Change& change, const std::string& provider) {
  auto keys = ListMessages<config::v1::ProviderKey>(change.rows(), ResourceKind::kProviderKey);
  if (!keys.ok()) return keys.status();
  int erased = 0;
  for (const config::v1::ProviderKey& key : *keys) {
    if (key.provider() != provider) continue;
    if (absl::Status status = change.Erase(ResourceKind::kProviderKey, key.id()); !status.ok()) {
      return status;
    }
    ++erased;
  }
  return erased;
}

std::string DeletedSummary(const std::string& provider, int keys) {
  if (keys == 0) return base::Cat("provider ", provider, " deleted");
  return base::Cat("provider ", provider, " deleted with ", keys, keys == 1 ? " key" : " keys");
}

}  // namespace

admin::v1::ListPresetsResponse ProviderOps::ListPresets() const {
  admin::v1::ListPresetsResponse response;
  for (const catalog::Preset& preset : catalog::Presets()) {
    *response.add_presets() = Describe(preset);
  }
  return response;
}

absl::StatusOr<admin::v1::ListProvidersResponse> ProviderOps::List() {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto revision = (*reading)->rows().Revision();
  if (!revision.ok()) return revision.status();
  auto providers = ListMessages<Provider>((*reading)->rows(), ResourceKind::kProvider);
  if (!providers.ok()) return providers.status();
  admin::v1::ListProvidersResponse response;
  CopyAll(*providers, response.mutable_providers());
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<Provider> ProviderOps::Get(const admin::v1::GetProviderRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  return GetMessage<Provider>((*reading)->rows(), ResourceKind::kProvider, request.name());
}

absl::StatusOr<admin::v1::CreateProviderResponse> ProviderOps::Create(
    const Caller& caller, const admin::v1::CreateProviderRequest& request) {
  const Provider& provider = request.provider();
  if (absl::Status status = wire::ToStatus(wire::CheckProvider(provider)); !status.ok()) {
    return status;
  }
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto taken = change.rows().FindById(ResourceKind::kProvider, provider.name());
        if (!taken.ok()) return taken.status();
        if (taken->has_value()) {
          return absl::AlreadyExistsError(
              base::Cat("provider \"", provider.name(), "\" exists already"));
        }
        if (absl::Status status = change.Put(store::RowOf(provider)); !status.ok()) return status;
        return base::Cat("provider ", provider.name(), " created");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::CreateProviderResponse response;
  *response.mutable_provider() = provider;
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::UpdateProviderResponse> ProviderOps::Update(
    const Caller& caller, const admin::v1::UpdateProviderRequest& request) {
  const std::string& name = request.provider().name();
  admin::v1::UpdateProviderResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto provider = GetMessage<Provider>(change.rows(), ResourceKind::kProvider, name);
        if (!provider.ok()) return provider.status();
        absl::Status status =
            ApplyMask(request.provider(), request.update_mask(), kChangeable, &*provider);
        if (status.ok()) status = wire::ToStatus(wire::CheckProvider(*provider));
        if (status.ok()) status = change.Put(store::RowOf(*provider));
        if (!status.ok()) return status;
        *response.mutable_provider() = *std::move(provider);
        return base::Cat("provider ", name, " changed");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::DeleteProviderResponse> ProviderOps::Delete(
    const Caller& caller, const admin::v1::DeleteProviderRequest& request) {
  const std::string& name = request.name();
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto provider = GetMessage<Provider>(change.rows(), ResourceKind::kProvider, name);
        if (!provider.ok()) return provider.status();
        absl::Status status = CheckNotNamed(change.rows(), name);
        if (!status.ok()) return status;
        auto keys = EraseKeysOf(change, name);
        if (!keys.ok()) return keys.status();
        status = change.Erase(ResourceKind::kProvider, name);
        if (!status.ok()) return status;
        return DeletedSummary(name, *keys);
      });
  if (!revision.ok()) return revision.status();
  admin::v1::DeleteProviderResponse response;
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
