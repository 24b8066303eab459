#include "common/wire/config_check.h"

#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/text.h"
#include "common/wire/field_text.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::ClientKeyEntry;
using config::v1::Configuration;
using config::v1::JwtIssuerEntry;
using config::v1::Provider;
using config::v1::ProviderKeyEntry;

constexpr size_t kDigestBytes = 32;
// A status travels in HTTP/2 trailers, of which peers take 8 KiB.
constexpr size_t kMaxStatusBytes = 4096;

void Append(std::vector<Violation> more, std::vector<Violation>* all) {
  all->insert(all->end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

// Goes through a configuration once and remembers what was seen.
class Walk {
 public:
  void Take(const Provider& provider) {
    Append(CheckProvider(provider), &found_);
    if (!providers_.insert(provider.name()).second) {
      Add(base::Cat("provider ", Quoted(provider.name())), "the name is taken twice");
    }
  }

  void Take(const ProviderKeyEntry& entry) {
    const config::v1::ProviderKey& key = entry.key();
    const std::string path = base::Cat(key.provider(), "/", key.name());
    const std::string resource = base::Cat("provider key ", Quoted(path));
    Append(CheckProviderKey(key), &found_);
    Append(CheckProviderSecret(key, entry.secret()), &found_);
    TakeId(resource, key.id(), &provider_key_ids_);
    if (!providers_.contains(key.provider())) {
      Add(resource, base::Cat("provider ", Quoted(key.provider()), " does not exist"));
    }
    if (!provider_key_names_.insert(path).second) {
      Add(resource, "the name is taken twice within its provider");
    }
  }

  void Take(const ClientKeyEntry& entry) {
    const config::v1::ClientKey& key = entry.key();
    const std::string resource = base::Cat("client key ", Quoted(key.name()));
    Append(CheckClientKey(key), &found_);
    TakeId(resource, key.id(), &client_key_ids_);
    TakeNamed(resource, key.providers());
    const bool holds_name = !key.has_revoked_at() && key.replaced_by().empty();
    if (holds_name && !client_key_names_.insert(key.name()).second) {
      Add(resource, "the name is taken twice");
    }
    TakeDigest(resource, entry.sha256());
  }

  void Take(const JwtIssuerEntry& entry) {
    const config::v1::JwtIssuer& issuer = entry.issuer();
    const std::string resource = base::Cat("jwt issuer ", Quoted(issuer.name()));
    Append(CheckJwtIssuer(issuer), &found_);
    Append(CheckJwtSecret(issuer, entry.hs256_secret()), &found_);
    TakeNamed(resource, issuer.providers());
    if (!jwt_issuer_names_.insert(issuer.name()).second) Add(resource, "the name is taken twice");
    if (!jwt_issuers_.insert(issuer.issuer()).second) {
      Add(resource, base::Cat("issuer ", Quoted(issuer.issuer()), " is that of another one"));
    }
  }

  void Take(const config::v1::Settings& settings) { Append(CheckSettings(settings), &found_); }

  std::vector<Violation> Found() && { return std::move(found_); }

 private:
  using Seen = absl::flat_hash_set<std::string_view>;

  void Add(std::string resource, std::string reason) {
    found_.push_back({std::move(resource), std::move(reason)});
  }

  template <typename Names>
  void TakeNamed(const std::string& resource, const Names& providers) {
    for (const std::string& provider : providers) {
      if (providers_.contains(provider)) continue;
      Add(resource, base::Cat("provider ", Quoted(provider), " does not exist"));
    }
  }

  void TakeId(const std::string& resource, const std::string& id, Seen* seen) {
    if (id.empty()) {
      Add(resource, "id is missing");
    } else if (!seen->insert(id).second) {
      Add(resource, base::Cat("id ", Quoted(id), " is taken twice"));
    }
  }

  void TakeDigest(const std::string& resource, const std::string& digest) {
    if (digest.size() != kDigestBytes) {
      Add(resource, base::Cat("sha256 has ", digest.size(), " bytes, but must have 32"));
    } else if (!digests_.insert(digest).second) {
      Add(resource, "sha256 is that of another key");
    }
  }

  std::vector<Violation> found_;
  Seen providers_;
  Seen provider_key_ids_;
  absl::flat_hash_set<std::string> provider_key_names_;
  Seen client_key_ids_;
  Seen client_key_names_;
  Seen digests_;
  Seen jwt_issuer_names_;
  Seen jwt_issuers_;
};

}  // namespace

std::vector<Violation> CheckConfiguration(const Configuration& configuration) {
  Walk walk;
  walk.Take(configuration.settings());
  for (const Provider& provider : configuration.providers()) walk.Take(provider);
  for (const ProviderKeyEntry& entry : configuration.provider_keys()) walk.Take(entry);
  for (const ClientKeyEntry& entry : configuration.client_keys()) walk.Take(entry);
  for (const JwtIssuerEntry& entry : configuration.jwt_issuers()) walk.Take(entry);
  return std::move(walk).Found();
}

absl::Status ToStatus(const std::vector<Violation>& violations) {
  if (violations.empty()) return absl::OkStatus();
  std::string text;
  size_t told = 0;
  for (const Violation& violation : violations) {
    if (told > 0 && text.size() + violation.reason.size() > kMaxStatusBytes) break;
    text += base::Cat(told > 0 ? "; " : "", violation.resource, ": ", violation.reason);
    ++told;
  }
  if (told < violations.size()) {
    text += base::Cat("; and ", violations.size() - told, " more");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace sluice::wire
