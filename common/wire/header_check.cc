#include "common/wire/header_check.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

constexpr int kMaxEdits = 64;

constexpr std::string_view kCredentialHeaders[] = {
    "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key",
};

constexpr std::string_view kGatewayHeaders[] = {
    "connection", "keep-alive", "te",     "trailer",        "transfer-encoding",
    "upgrade",    "host",       "expect", "content-length",
};
constexpr std::string_view kGatewayPrefixes[] = {"proxy-", "x-sluice-"};

}  // namespace

CredentialHeaders CredentialHeadersOf(
    const google::protobuf::RepeatedPtrField<config::v1::AuthRule>& auth) {
  CredentialHeaders names(std::begin(kCredentialHeaders), std::end(kCredentialHeaders));
  for (const config::v1::AuthRule& rule : auth) {
    if (!rule.header().empty()) names.insert(base::Lower(rule.header()));
  }
  return names;
}

bool IsGatewayHeader(std::string_view name) {
  const std::string lower = base::Lower(name);
  const auto begins = [&](std::string_view prefix) { return lower.starts_with(prefix); };
  return std::find(std::begin(kGatewayHeaders), std::end(kGatewayHeaders), lower) !=
             std::end(kGatewayHeaders) ||
         std::any_of(std::begin(kGatewayPrefixes), std::end(kGatewayPrefixes), begins);
}

void CheckEditableHeader(std::string_view field, const std::string& name,
                         const CredentialHeaders& credentials, ViolationList* list) {
  if (!IsHeaderName(name)) {
    list->Add(field, " has ", Quoted(name), ", which is not a header name");
  } else if (credentials.count(base::Lower(name)) > 0) {
    list->Add(field, " has ", Quoted(name),
              ", but a header that carries a credential is set by the gateway alone");
  } else if (IsGatewayHeader(name)) {
    list->Add(field, " has ", Quoted(name), ", but that header is set by the gateway alone");
  }
}

void CheckHeaderField(std::string_view field, const config::v1::HeaderField& header,
                      const CredentialHeaders& credentials, ViolationList* list) {
  CheckEditableHeader(field, header.name(), credentials, list);
  if (!IsHeaderValue(header.value())) {
    list->Add(field, " has a value for ", Quoted(header.name()),
              " with a control character or white space around it, or of more than 8192 bytes");
  }
}

void CheckHeaderPolicy(const std::string& field, const config::v1::HeaderPolicy& policy,
                       const CredentialHeaders& credentials, ViolationList* list) {
  const int edits = policy.remove_size() + policy.set_size() + policy.add_size();
  if (edits > kMaxEdits) {
    list->Add(field, " has ", edits, " edits, but may have at most ", kMaxEdits);
    return;
  }
  for (const std::string& name : policy.remove()) {
    CheckEditableHeader(field + ".remove", name, credentials, list);
  }
  for (const config::v1::HeaderField& header : policy.set()) {
    CheckHeaderField(field + ".set", header, credentials, list);
  }
  for (const config::v1::HeaderField& header : policy.add()) {
    CheckHeaderField(field + ".add", header, credentials, list);
  }
}

}  // namespace sluice::wire
