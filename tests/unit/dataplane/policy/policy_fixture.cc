#include "tests/unit/dataplane/policy/policy_fixture.h"

#include <variant>

#include "common/base/check.h"
#include "dataplane/config/snapshot_builder.h"

namespace sluice::policy {

http::RequestHead Request(std::string method, std::string target, const Fields& fields) {
  http::RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.headers = Headers(fields);
  return head;
}

http::HeaderList Headers(const Fields& fields) {
  http::HeaderList headers;
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return headers;
}

std::vector<std::string> Lines(const http::HeaderList& headers) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < headers.size(); ++i) {
    lines.push_back(std::string(headers[i].name) + ": " + std::string(headers[i].value));
  }
  return lines;
}

config::v1::Provider& Gateway::AddProvider(std::string_view name, std::string_view preset,
                                           std::string_view base_url) {
  config::v1::Provider& provider = *configuration_.add_providers();
  provider.set_name(std::string(name));
  provider.set_preset(std::string(preset));
  if (!base_url.empty()) provider.set_base_url(std::string(base_url));
  return provider;
}

std::string Gateway::AddClientKey(std::string_view name, const std::vector<std::string>& providers,
                                  absl::Time expires_at) {
  crypto::NewKey minted = crypto::MintKey(crypto::kClientKeyPrefix);
  config::v1::ClientKeyEntry& entry = *configuration_.add_client_keys();
  entry.set_sha256(minted.sha256);
  config::v1::ClientKey& key = *entry.mutable_key();
  key.set_id(minted.id);
  key.set_name(std::string(name));
  key.mutable_created_at()->set_seconds(1'600'000'000);
  for (const std::string& provider : providers) key.add_providers(provider);
  if (expires_at != absl::InfiniteFuture()) {
    key.mutable_expires_at()->set_seconds(absl::ToUnixSeconds(expires_at));
  }
  return std::string(minted.text.Reveal());
}

std::shared_ptr<const config::Snapshot> Gateway::Build() {
  auto snapshot =
      config::SnapshotBuilder::Build(configuration_, "epoch", 1, std::string(32, 'h'), live_state_);
  SLUICE_CHECK(snapshot.ok(), snapshot.status().ToString().c_str());
  return *snapshot;
}

OneProvider::OneProvider(std::string_view preset, std::string_view base_url) {
  Gateway gateway;
  gateway.AddProvider(preset, preset, base_url);
  client_key_ = gateway.AddClientKey("app");
  snapshot_ = gateway.Build();
}

Route OneProvider::RouteTo(std::string_view endpoint) const {
  std::string target = "/p/" + (*this)->name + "/" + std::string(endpoint);
  Decision<Route> decision =
      Admit(snapshot(), Request("GET", target, {{"x-api-key", client_key()}}), kNow);
  SLUICE_CHECK(!Refused(decision), Outcome(decision).c_str());
  return std::get<Route>(decision);
}

std::string Outcome(const Decision<Route>& decision) {
  if (const http::GatewayError* refused = Refused(decision)) {
    return std::to_string(refused->status) + " " + std::string(refused->code);
  }
  return std::get<Route>(decision).path_and_query;
}

}  // namespace sluice::policy
