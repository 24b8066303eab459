#include "dataplane/policy/scope.h"

#include <algorithm>
#include <string>

#include "dataplane/policy/glob.h"
#include "dataplane/policy/percent_spelling.h"

namespace sluice::policy {
namespace {

std::string WithPlainSlashes(std::string_view endpoint) {
  std::string plain;
  plain.reserve(endpoint.size());
  for (size_t at = 0; at < endpoint.size();) {
    const auto spelled = ReadByte(endpoint, at);
    const bool slash = spelled.has_value() && spelled->byte == '/';
    const size_t length = slash ? spelled->length : 1;
    if (slash) {
      plain.push_back('/');
    } else {
      plain.push_back(endpoint[at]);
    }
    at += length;
  }
  return plain;
}

bool AnyMatches(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return GlobMatches(glob, text); });
}

}  // namespace

bool MayUseMethod(const config::ClientKeyEntry& key, std::string_view method) {
  if (key.terms == nullptr || key.terms->methods.empty()) return true;
  const auto& methods = key.terms->methods;
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool MayUseEndpoint(const config::ClientKeyEntry& key, std::string_view endpoint) {
  if (key.terms == nullptr || key.terms->endpoints.empty()) return true;
  if (endpoint.find('%') == std::string_view::npos) {
    return AnyMatches(key.terms->endpoints, endpoint);
  }
  return AnyMatches(key.terms->endpoints, WithPlainSlashes(endpoint));
}

bool MayUseModel(const config::ClientKeyEntry& key, std::string_view model) {
  if (!HasModelRule(key)) return true;
  std::string plain(model);
  // Of a model's name a slash is a byte as any other.
  std::replace(plain.begin(), plain.end(), '/', '\x01');
  return std::any_of(key.terms->models.begin(), key.terms->models.end(), [&](std::string glob) {
    std::replace(glob.begin(), glob.end(), '/', '\x01');
    return GlobMatches(glob, plain);
  });
}

}  // namespace sluice::policy
