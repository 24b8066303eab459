#include "dataplane/policy/credential.h"

#include <forward_list>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"
#include "dataplane/policy/bearer.h"
#include "dataplane/policy/header_class.h"
#include "dataplane/policy/percent_spelling.h"
#include "dataplane/policy/refusal.h"
#include "dataplane/policy/token_text.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kKeyParameter = "key";

struct Parameter {
  std::string_view whole;  // between two &
  std::string_view name;
  std::string_view value;
};

// Calls `visit` for each piece between two &, empty ones too.
template <class Visit>
void ForEachParameter(std::string_view query, Visit visit) {
  while (true) {
    size_t end = query.find('&');
    std::string_view whole = query.substr(0, end);
    size_t equals = whole.find('=');
    visit(Parameter{whole, whole.substr(0, equals),
                    equals == std::string_view::npos ? "" : whole.substr(equals + 1)});
    if (end == std::string_view::npos) return;
    query.remove_prefix(end + 1);
  }
}

// The token of `Authorization: Bearer token`; empty for any other scheme.
std::string_view BearerToken(std::string_view value) {
  constexpr std::string_view kScheme = "bearer";
  value = base::Stripped(value);
  if (!http::NameEquals(value.substr(0, kScheme.size()), kScheme)) return "";
  value.remove_prefix(kScheme.size());
  if (!value.starts_with(' ') && !value.starts_with('\t')) return "";
  return base::Stripped(value);
}

// Takes the candidates one by one and keeps the one that counts.
class Candidates {
 public:
  void Offer(std::string_view text) {
    if (text.empty()) return;
    if (!text.starts_with(crypto::kClientKeyPrefix)) {
      if (foreign_.empty()) foreign_ = text;
    } else {
      sluice_.Take(text);
    }
  }
  // Of a header: a URL is written down in too many places to carry a token.
  void OfferHeader(std::string_view text) {
    if (LooksLikeToken(text)) token_.Take(text);
    Offer(text);
  }
  // For text that does not outlive the call.
  void OfferCopy(std::string text) { Offer(copies_.emplace_front(std::move(text))); }

  bool empty() const { return sluice_.text.empty() && foreign_.empty(); }
  bool is_key() const { return sluice_.only(); }
  bool is_token() const { return sluice_.text.empty() && token_.only(); }
  std::string_view text() const {
    if (!sluice_.text.empty()) return sluice_.text;
    return token_.text.empty() ? foreign_ : token_.text;
  }

 private:
  struct One {
    void Take(std::string_view other) {
      if (text.empty()) text = other;
      ambiguous = ambiguous || other != text;
    }
    bool only() const { return !text.empty() && !ambiguous; }

    std::string_view text;
    bool ambiguous = false;
  };

  One sluice_;
  One token_;
  std::string_view foreign_;
  std::forward_list<std::string> copies_;
};

void OfferHeaders(const http::HeaderList& headers, Candidates& candidates) {
  for (size_t i = 0; i < headers.size(); ++i) {
    http::HeaderList::Field field = headers[i];
    if (http::NameEquals(field.name, "authorization")) {
      candidates.OfferHeader(BearerToken(field.value));
    } else if (IsClientCredential(field.name)) {
      candidates.OfferHeader(base::Stripped(field.value));
    }
  }
}

void OfferQuery(std::string_view query, Candidates& candidates) {
  ForEachParameter(query, [&](const Parameter& parameter) {
    if (!Spells(parameter.name, kKeyParameter)) return;
    if (parameter.value.find('%') != std::string_view::npos) {
      candidates.OfferCopy(PercentDecoded(parameter.value));
    } else {
      candidates.Offer(parameter.value);
    }
  });
}

bool KeyParameterIsOurs(std::string_view query) {
  bool ours = false;
  ForEachParameter(query, [&](const Parameter& parameter) {
    ours = ours || (Spells(parameter.name, kKeyParameter) &&
                    SpellsPrefix(parameter.value, crypto::kClientKeyPrefix));
  });
  return ours;
}

bool HoldsPlainClientKey(std::string_view text) {
  for (size_t at = text.find(crypto::kClientKeyPrefix); at != std::string_view::npos;
       at = text.find(crypto::kClientKeyPrefix, at + 1)) {
    std::string_view rest = text.substr(at);
    if (rest.size() < crypto::kKeyTextBytes) return false;
    if (crypto::KeyIdOf(crypto::kClientKeyPrefix, rest.substr(0, crypto::kKeyTextBytes)))
      return true;
  }
  return false;
}

}  // namespace

Decision<Caller> Authenticate(const config::Snapshot& snapshot, const http::RequestHead& request,
                              std::string_view query, absl::Time now) {
  Candidates candidates;
  OfferHeaders(request.headers, candidates);
  OfferQuery(query, candidates);
  if (candidates.empty()) return MissingApiKey();

  // Whatever the text looks like it is hashed and looked up, so that the time of the answer tells
  // nothing.
  const crypto::Sha256Digest digest = crypto::Sha256(candidates.text());
  const config::ClientKeyEntry* entry = snapshot.FindClientKey(digest);
  if (candidates.is_token()) {
    Caller bearer = FindBearer(snapshot.token_issuers(), candidates.text(), digest, now);
    if (bearer == nullptr) return InvalidApiKey();
    return bearer;
  }
  bool good = entry != nullptr && candidates.is_key() && now < entry->expires_at;
  if (!good) return InvalidApiKey();
  return Caller(Caller(), entry);
}

std::string StripCredentialFromQuery(std::string_view query, std::string_view key_query_parameter) {
  bool key_is_ours = KeyParameterIsOurs(query);
  auto is_credential = [&](const Parameter& parameter) {
    return (key_is_ours && Spells(parameter.name, kKeyParameter)) ||
           (!key_query_parameter.empty() && Spells(parameter.name, key_query_parameter)) ||
           HoldsClientKey(parameter.whole);
  };
  std::string kept;
  kept.reserve(query.size());
  bool first = true;
  ForEachParameter(query, [&](const Parameter& parameter) {
    if (is_credential(parameter)) return;
    if (!first) kept.push_back('&');
    kept.append(parameter.whole);
    first = false;
  });
  return kept;
}

bool HoldsClientKey(std::string_view text) {
  if (text.size() < crypto::kKeyTextBytes) return false;
  if (text.find('%') == std::string_view::npos) return HoldsPlainClientKey(text);
  return HoldsPlainClientKey(PercentDecoded(text));
}

}  // namespace sluice::policy
