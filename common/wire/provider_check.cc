// CheckProvider of config_check.h.
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/catalog/preset.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/guard_check.h"
#include "common/wire/header_check.h"
#include "common/wire/label_check.h"
#include "common/wire/price_check.h"
#include "common/wire/settings_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::Provider;

constexpr int kMaxRules = 64;
constexpr size_t kMaxPathBytes = 2048;

void CheckBaseUrl(const Provider& provider, ViolationList* list) {
  if (provider.has_base_url()) {
    const absl::StatusOr<BaseUrl> parsed = ParseBaseUrl(provider.base_url());
    if (!parsed.ok()) list->Add(std::string(parsed.status().message()));
    return;
  }
  const catalog::Preset* preset = catalog::FindPreset(provider.preset());
  if (preset != nullptr && preset->base_url.empty()) {
    list->Add("base_url is required with preset ", Quoted(provider.preset()));
  }
}

// "" if `path` may stand in an upstream path as it is.
std::string_view ProblemOfPath(std::string_view path) {
  if (path.size() > kMaxPathBytes) return "longer than 2048 bytes";
  if (HasDotSegment(path)) return "a path with a segment . or ..";
  if (!IsPathText(path)) return "not a path: it has a character or a percent escape that is wrong";
  return "";
}

// Prefixes and denied endpoints: what follows /p/{provider}/ in a request.
void CheckEndpoint(std::string_view field, const std::string& endpoint, ViolationList* list) {
  const std::string_view problem = ProblemOfPath(endpoint);
  if (!problem.empty()) {
    list->Add(field, " ", Quoted(endpoint), " is ", problem);
  } else if (endpoint.starts_with("/")) {
    list->Add(field, " ", Quoted(endpoint), " begins with /, but an endpoint does not");
  }
}

void CheckRoot(const config::v1::RootRule& root, ViolationList* list) {
  CheckEndpoint("roots.prefix", root.prefix(), list);
  if (!root.prefix().ends_with("/")) {
    list->Add("roots.prefix ", Quoted(root.prefix()), " does not end with /");
  }
  const std::string_view problem = ProblemOfPath(root.path());
  if (!problem.empty()) {
    list->Add("roots.path ", Quoted(root.path()), " is ", problem);
  } else if (!root.path().starts_with("/") || !root.path().ends_with("/")) {
    list->Add("roots.path ", Quoted(root.path()), " does not begin and end with /");
  }
}

void CheckAuth(const config::v1::AuthRule& rule, ViolationList* list) {
  CheckEndpoint("auth.prefix", rule.prefix(), list);
  if (rule.header().empty()) {
    if (!rule.scheme().empty()) {
      list->Add("auth.scheme is ", Quoted(rule.scheme()), ", but auth.header is empty");
    }
    return;
  }
  if (!IsHeaderName(rule.header())) {
    list->Add("auth.header ", Quoted(rule.header()), " is not a header name");
  } else if (IsGatewayHeader(rule.header())) {
    list->Add("auth.header ", Quoted(rule.header()), " cannot carry a key");
  }
  if (!rule.scheme().empty() && !IsHeaderName(rule.scheme())) {
    list->Add("auth.scheme ", Quoted(rule.scheme()), " is not one word, as \"Bearer\" is");
  }
}

// Bounds a list, so that one provider cannot make every request of it slow.
bool IsShort(std::string_view field, int size, ViolationList* list) {
  if (size <= kMaxRules) return true;
  list->Add(field, " has ", size, " entries, but may have at most ", kMaxRules);
  return false;
}

void CheckRules(const Provider& provider, ViolationList* list) {
  if (IsShort("roots", provider.roots_size(), list)) {
    for (const config::v1::RootRule& root : provider.roots()) CheckRoot(root, list);
  }
  if (IsShort("auth", provider.auth_size(), list)) {
    for (const config::v1::AuthRule& rule : provider.auth()) CheckAuth(rule, list);
  }
  if (IsShort("denied_endpoints", provider.denied_endpoints_size(), list)) {
    for (const std::string& endpoint : provider.denied_endpoints()) {
      CheckEndpoint("denied_endpoints", endpoint, list);
      if (endpoint.empty()) list->Add("denied_endpoints has an empty entry");
    }
  }
  if (!config::v1::EncodedSlashes_IsValid(provider.encoded_slashes())) {
    list->Add("encoded_slashes is ", static_cast<int>(provider.encoded_slashes()),
              ", which this version does not know");
  }
}

// The header that a preset's auth rules set is a credential too, unless the provider has its own
// rules.
CredentialHeaders CredentialsOf(const Provider& provider) {
  CredentialHeaders names = CredentialHeadersOf(provider.auth());
  const catalog::Preset* preset = catalog::FindPreset(provider.preset());
  if (preset != nullptr && provider.auth().empty()) {
    names.merge(CredentialHeadersOf({preset->auth.begin(), preset->auth.end()}));
  }
  return names;
}

void CheckHeaders(const Provider& provider, ViolationList* list) {
  const CredentialHeaders credentials = CredentialsOf(provider);
  if (IsShort("default_headers", provider.default_headers_size(), list)) {
    for (const config::v1::HeaderField& header : provider.default_headers()) {
      CheckHeaderField("default_headers", header, credentials, list);
    }
  }
  if (IsShort("rewrite_response_headers", provider.rewrite_response_headers_size(), list)) {
    for (const std::string& name : provider.rewrite_response_headers()) {
      CheckEditableHeader("rewrite_response_headers", name, credentials, list);
    }
  }
  CheckHeaderPolicy("request_headers", provider.request_headers(), credentials, list);
  CheckHeaderPolicy("response_headers", provider.response_headers(), credentials, list);
}

}  // namespace

std::vector<Violation> CheckProvider(const Provider& provider) {
  ViolationList list(base::Cat("provider ", Quoted(provider.name())));
  if (!IsResourceName(provider.name())) {
    list.Add("name ", Quoted(provider.name()),
             " is not 1 to 63 of a-z 0-9 - _ . ~ with a letter or digit first");
  }
  if (catalog::FindPreset(provider.preset()) == nullptr) {
    list.Add("preset ", Quoted(provider.preset()), " does not exist");
  }
  CheckBaseUrl(provider, &list);
  CheckRules(provider, &list);
  CheckHeaders(provider, &list);
  CheckTimeouts(provider.timeouts(), &list);
  if (provider.has_max_body_bytes()) CheckMaxBodyBytes(provider.max_body_bytes(), &list);
  CheckLabels(provider.labels(), &list);
  CheckGuards(provider, &list);
  CheckPrices(provider, &list);
  return std::move(list).Take();
}

}  // namespace sluice::wire
