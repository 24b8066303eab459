#include "dataplane/policy/header_class.h"

#include <algorithm>
#include <initializer_list>

#include "common/base/text.h"

namespace sluice::policy {
namespace {

using http::NameEquals;

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return NameEquals(name, other); });
}

bool HasPrefix(std::string_view name, std::string_view prefix) {
  return NameEquals(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool IsHopByHop(std::string_view name) {
  return HasPrefix(name, "proxy-") ||
         IsOneOf(name, {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
                        "content-length"});
}

bool IsClientCredential(std::string_view name) {
  return IsOneOf(name, {"authorization", "x-api-key", "api-key", "x-goog-api-key"});
}

bool StopsUpstream(std::string_view name) {
  return IsHopByHop(name) || IsClientCredential(name) || HasPrefix(name, "x-forwarded-") ||
         IsGatewayOwn(name) ||
         IsOneOf(name, {"host", "cookie", "forwarded", "x-real-ip", "via", "expect"});
}

bool StopsDownstream(std::string_view name) {
  return IsHopByHop(name) || IsGatewayOwn(name) ||
         IsOneOf(name, {"set-cookie", "alt-svc", "strict-transport-security", "public-key-pins"});
}

bool IsGatewayOwn(std::string_view name) { return HasPrefix(name, "x-sluice-"); }

ConnectionNames::ConnectionNames(const http::HeaderList& headers) {
  for (size_t i = 0; i < headers.size(); ++i) {
    http::HeaderList::Field field = headers[i];
    if (!NameEquals(field.name, "connection")) continue;
    for (std::string_view rest = field.value;;) {
      size_t comma = rest.find(',');
      std::string_view token = base::Stripped(rest.substr(0, comma));
      // The usual two name nothing that is not removed anyway; without them there is no allocation.
      if (!token.empty() && !IsOneOf(token, {"keep-alive", "close"})) names_.push_back(token);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
}

bool ConnectionNames::Has(std::string_view name) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](std::string_view named) { return NameEquals(named, name); });
}

}  // namespace sluice::policy
