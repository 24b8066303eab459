#include "tests/integration/chaos/random_writer.h"

#include <utility>

#include "common/base/text.h"

namespace sluice::test {
namespace {

using namespace admin::v1;  // NOLINT(google-build-using-namespace)

constexpr char kRevoked[] = "revoked";
constexpr char kSettings[] = "settings max_header_fields";

std::string KeyFact(const config::v1::ClientKey& key) {
  if (key.has_revoked_at()) return kRevoked;
  const auto label = key.labels().find("bench");
  return base::Cat("valid ", label == key.labels().end() ? "" : label->second);
}

// The answer was lost: the write may have been committed.
bool IsLost(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status) ||
         absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<Facts> FactsOf(AdminClient& admin) {
  Facts facts;
  ListClientKeysRequest all;
  all.set_include_revoked(true);
  auto keys = admin.Call(&ClientKeyService::Stub::ListClientKeys, all);
  if (!keys.ok()) return keys.status();
  for (const auto& key : keys->client_keys()) facts["key " + key.name()] = KeyFact(key);
  auto providers = admin.Call(&ProviderService::Stub::ListProviders, ListProvidersRequest());
  if (!providers.ok()) return providers.status();
  for (const auto& provider : providers->providers()) {
    facts["provider " + provider.name()] = provider.base_url();
  }
  auto settings = admin.Call(&SettingsService::Stub::GetSettings, GetSettingsRequest());
  if (!settings.ok()) return settings.status();
  facts[kSettings] = base::Cat(settings->settings().max_header_fields());
  return facts;
}

RandomWriter::RandomWriter(int number, uint64_t seed, Open open)
    : prefix_(base::Cat("w", number, "-")), open_(std::move(open)), random_(seed) {}

std::string RandomWriter::Pick(const std::string& kind) {
  std::vector<std::string> sure;
  for (const auto& [resource, facts] : possible_) {
    const bool is = facts.size() == 1 && !facts.begin()->empty() && *facts.begin() != kRevoked;
    if (is && resource.starts_with(kind + " ")) sure.push_back(resource.substr(kind.size() + 1));
  }
  return sure.empty() ? "" : sure[Random(sure.size())];
}

RandomWriter::Write RandomWriter::CreateKey() {
  const std::string name = base::Cat(prefix_, next_++);
  return {"key " + name, "valid ", [this, name](AdminClient& admin) {
            auto made = admin.CreateKey(name);
            if (made.ok()) texts_["key " + name] = made->text;
            return made.status();
          }};
}

RandomWriter::Write RandomWriter::LabelKey(const std::string& name) {
  const std::string value = base::Cat("v", next_++);
  return {"key " + name, "valid " + value,
          [name, value](AdminClient& admin) { return admin.LabelKey(name, value).status(); }};
}

RandomWriter::Write RandomWriter::RevokeKey(const std::string& name) {
  return {"key " + name, kRevoked,
          [name](AdminClient& admin) { return admin.RevokeKey(name).status(); }};
}

RandomWriter::Write RandomWriter::CreateProvider() {
  CreateProviderRequest request;
  request.mutable_provider()->set_name(base::Cat(prefix_, next_++));
  request.mutable_provider()->set_preset("openai");
  request.mutable_provider()->set_base_url(base::Cat("http://127.0.0.1:9/", next_));
  return {"provider " + request.provider().name(), request.provider().base_url(),
          [request](AdminClient& admin) {
            return admin.Call(&ProviderService::Stub::CreateProvider, request).status();
          }};
}

RandomWriter::Write RandomWriter::MoveProvider(const std::string& name) {
  UpdateProviderRequest request;
  request.mutable_provider()->set_name(name);
  request.mutable_provider()->set_base_url(base::Cat("http://127.0.0.1:9/moved/", next_++));
  request.mutable_update_mask()->add_paths("base_url");
  return {"provider " + name, request.provider().base_url(), [request](AdminClient& admin) {
            return admin.Call(&ProviderService::Stub::UpdateProvider, request).status();
          }};
}

RandomWriter::Write RandomWriter::DeleteProvider(const std::string& name) {
  DeleteProviderRequest request;
  request.set_name(name);
  return {"provider " + name, "", [request](AdminClient& admin) {
            return admin.Call(&ProviderService::Stub::DeleteProvider, request).status();
          }};
}

RandomWriter::Write RandomWriter::ChangeSettings() {
  UpdateSettingsRequest request;
  request.mutable_settings()->set_max_header_fields(static_cast<int64_t>(100 + Random(100)));
  request.mutable_update_mask()->add_paths("max_header_fields");
  return {kSettings, base::Cat(request.settings().max_header_fields()),
          [request](AdminClient& admin) {
            return admin.Call(&SettingsService::Stub::UpdateSettings, request).status();
          }};
}

RandomWriter::Write RandomWriter::Choose() {
  const uint64_t dice = Random(100);
  // Settings are one resource: one of the writers has them.
  if (dice < 5 && prefix_ == "w0-") return ChangeSettings();
  const std::string kind = dice < 80 ? "key" : "provider";
  const std::string name = Pick(kind);
  if (kind == "key") {
    if (name.empty() || dice < 40) return CreateKey();
    return dice < 65 ? LabelKey(name) : RevokeKey(name);
  }
  if (name.empty() || dice < 88) return CreateProvider();
  return dice < 95 ? MoveProvider(name) : DeleteProvider(name);
}

void RandomWriter::Step() {
  if (admin_ == nullptr) {
    auto opened = open_();
    if (!opened.ok()) return;
    admin_ = *std::move(opened);
  }
  const Write write = Choose();
  std::set<std::string>& facts = possible_[write.resource];
  if (facts.empty()) facts.insert(write.resource == kSettings ? "128" : "");
  const absl::Status status = write.call(*admin_);
  if (status.ok()) {
    facts = {write.outcome};
    ++acknowledged_;
    return;
  }
  facts.insert(write.outcome);
  // A channel that has failed waits longer and longer before it tries again.
  admin_.reset();
  ++lost_;
  if (IsLost(status)) return;
  unexpected_.push_back(base::Cat(write.resource, ": ", base::ToStd(status.message())));
}

std::vector<std::string> RandomWriter::Differences(const Facts& facts) const {
  std::vector<std::string> lines;
  for (const auto& [resource, possible] : possible_) {
    const auto found = facts.find(resource);
    const std::string fact = found == facts.end() ? "" : found->second;
    if (possible.contains(fact)) continue;
    lines.push_back(
        base::Cat(resource, " is \"", fact, "\", acknowledged was \"", *possible.begin(), "\""));
  }
  return lines;
}

std::vector<std::string> RandomWriter::Texts(bool revoked) const {
  std::vector<std::string> texts;
  for (const auto& [resource, text] : texts_) {
    const std::set<std::string>& facts = possible_.at(resource);
    if (facts.size() == 1 && (*facts.begin() == kRevoked) == revoked) texts.push_back(text);
  }
  return texts;
}

}  // namespace sluice::test
