#include "dataplane/policy/upstream_headers.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "dataplane/http/trace_context.h"
#include "dataplane/policy/credential.h"
#include "dataplane/policy/header_class.h"
#include "dataplane/policy/header_edits.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kRequestId = "X-Request-Id";
constexpr size_t kMaxRequestIdBytes = 128;
// For request id, credential and default headers.
constexpr size_t kRoomBytes = 512;

bool IsRequestId(std::string_view text) {
  bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return printable && !text.empty() && text.size() <= kMaxRequestIdBytes && !HoldsClientKey(text);
}

std::string_view RequestIdOf(const http::HeaderList& headers, std::string_view fallback) {
  std::optional<std::string_view> sent = headers.Find(kRequestId);
  return sent.has_value() && IsRequestId(*sent) ? *sent : fallback;
}

// Where this provider reads its key from, for any of its endpoints.
bool IsProviderCredential(const config::ProviderEntry& provider, std::string_view name) {
  return std::any_of(provider.auth.begin(), provider.auth.end(),
                     [&](const auto& auth) { return http::NameEquals(auth.header, name); });
}

// Fields of the client's trace that ours take the place of.
bool IsReplaced(std::string_view name, const TraceFields* trace) {
  if (trace == nullptr) return false;
  return http::NameEquals(name, http::kTraceparent) ||
         (trace->begins_here && http::NameEquals(name, http::kTracestate));
}

void CopyClientFields(const http::HeaderList& sent, const config::ProviderEntry& provider,
                      std::string_view request_id, const TraceFields* trace,
                      http::HeaderList* out) {
  ConnectionNames named(sent);
  out->Reserve(sent.size() + 4, sent.bytes() + kRoomBytes);
  bool has_request_id = false;
  for (size_t i = 0; i < sent.size(); ++i) {
    http::HeaderList::Field field = sent[i];
    if (http::NameEquals(field.name, kRequestId)) {
      if (!has_request_id) out->Add(field.name, request_id);
      has_request_id = true;
      continue;
    }
    bool stops = StopsUpstream(field.name) || IsProviderCredential(provider, field.name) ||
                 named.Has(field.name) || IsReplaced(field.name, trace) ||
                 HoldsClientKey(field.name) || HoldsClientKey(field.value);
    if (!stops) out->Add(field.name, field.value);
  }
  if (!has_request_id) out->Add(kRequestId, request_id);
  if (trace != nullptr) out->Add(http::kTraceparent, trace->traceparent);
}

// The same for all requests of a client key, and no way back to its id.
std::string SessionOf(const config::ClientKeyEntry& client_key) {
  std::string digest = crypto::Sha256Bytes(base::Cat("sluice session of ", client_key.id));
  return absl::BytesToHexString(digest.substr(0, 16));
}

void AddMissing(std::string_view name, std::string_view value, http::HeaderList* out) {
  if (!out->Has(name)) out->Add(name, value);
}

void SetCredential(const config::ProviderEntry::Auth& auth, const base::Secret& secret,
                   http::HeaderList* out) {
  base::Secret value(base::Cat(auth.scheme, auth.scheme.empty() ? "" : " ", secret.Reveal()));
  out->Set(auth.header, value.Reveal());
}

}  // namespace

void BuildUpstreamHeaders(const http::RequestHead& request, const Route& route,
                          const config::ProviderKeyEntry* key, std::string_view request_id,
                          http::HeaderList* out, const TraceFields* trace) {
  const config::ProviderEntry& provider = *route.provider;
  auto is_protected = [&](std::string_view name) {
    return IsHopByHop(name) || IsClientCredential(name) || IsProviderCredential(provider, name) ||
           http::NameEquals(name, "host") || http::NameEquals(name, "expect");
  };
  out->Clear();
  CopyClientFields(request.headers, provider, RequestIdOf(request.headers, request_id), trace, out);
  for (const auto& [name, value] : provider.default_headers) {
    if (!is_protected(name)) AddMissing(name, value, out);
  }
  if (!provider.session_header.empty()) {
    AddMissing(provider.session_header, SessionOf(*route.client_key), out);
  }
  ApplyEdits(provider.request_headers, is_protected, out);

  bool sends_key = key != nullptr && route.auth != nullptr && !route.auth->header.empty();
  if (sends_key) SetCredential(*route.auth, key->secret, out);
}

std::string EffectiveRequestId(const http::HeaderList& headers, std::string_view fallback) {
  return std::string(RequestIdOf(headers, fallback));
}

}  // namespace sluice::policy
