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

bool AnyMatchesModel(const std::vector<std::string>& globs, std::string_view plain) {
  return std::any_of(globs.begin(), globs.end(), [&](std::string glob) {
    std::replace(glob.begin(), glob.end(), '/', '\x01');
    return GlobMatches(glob, plain);
  });
}

}  // namespace

bool MayUseMethod(const config::ClientKeyEntry& key, std::string_view method) {
  if (key.terms == nullptr || key.terms->methods.empty()) return true;
  const auto& methods = key.terms->methods;
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool MayUseEndpoint(const config::ClientKeyEntry& key, std::string_view endpoint) {
  if (key.terms == nullptr) return true;
  const config::ClientKeyTerms& terms = *key.terms;
  if (terms.endpoints.empty() && !terms.claimed_endpoints.has_value()) return true;
  const std::string plain = WithPlainSlashes(endpoint);
  return (terms.endpoints.empty() || AnyMatches(terms.endpoints, plain)) &&
         (!terms.claimed_endpoints.has_value() || AnyMatches(*terms.claimed_endpoints, plain));
}

bool MayUseModel(const config::ClientKeyEntry& key, std::string_view model) {
  if (!HasModelRule(key)) return true;
  std::string plain(model);
  // Of a model's name a slash is a byte as any other.
  std::replace(plain.begin(), plain.end(), '/', '\x01');
  const config::ClientKeyTerms& terms = *key.terms;
  return (terms.models.empty() || AnyMatchesModel(terms.models, plain)) &&
         (!terms.claimed_models.has_value() || AnyMatchesModel(*terms.claimed_models, plain));
}

}  // namespace sluice::policy
