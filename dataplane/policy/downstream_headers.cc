#include "dataplane/policy/downstream_headers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/policy/header_class.h"
#include "dataplane/policy/header_edits.h"
#include "dataplane/policy/location.h"

namespace sluice::policy {
namespace {

// A field with this name cannot come from a parser. It holds the place of the framing header while
// others come and go.
constexpr std::string_view kPlaceholder = "";
// For the request id and a few edits.
constexpr size_t kRoomBytes = 128;

bool HoldsUrl(const config::ProviderEntry& provider, std::string_view name) {
  const std::vector<std::string>& more = provider.rewrite_response_headers;
  return http::NameEquals(name, "location") ||
         std::any_of(more.begin(), more.end(),
                     [&](std::string_view other) { return http::NameEquals(name, other); });
}

http::HeaderList CopyProviderFields(const http::ResponseHead& head,
                                    const config::ProviderEntry& provider,
                                    const GatewayOrigin& gateway) {
  http::HeaderList kept;
  // With room for what is added to them.
  kept.Reserve(head.headers.size() + 2, head.headers.bytes() + kRoomBytes);
  ConnectionNames named(head.headers);
  for (size_t i = 0; i < head.headers.size(); ++i) {
    http::HeaderList::Field field = head.headers[i];
    if (i == head.framing_at) kept.Add(kPlaceholder, "");
    if (StopsDownstream(field.name) || named.Has(field.name)) continue;
    std::optional<std::string> rewritten;
    if (HoldsUrl(provider, field.name)) {
      rewritten = RewriteUrl(provider, field.value, gateway);
    }
    kept.Add(field.name, rewritten.has_value() ? *rewritten : field.value);
  }
  return kept;
}

// Takes the placeholder out; SIZE_MAX if there is none.
size_t TakePlace(http::HeaderList* headers) {
  for (size_t i = 0; i < headers->size(); ++i) {
    if ((*headers)[i].name != kPlaceholder) continue;
    headers->Remove(kPlaceholder);
    return i;
  }
  return SIZE_MAX;
}

}  // namespace

void EditDownstreamHeaders(const Route& route, const GatewayOrigin& gateway,
                           std::string_view request_id, http::ResponseHead* head) {
  const config::ProviderEntry& provider = *route.provider;
  http::HeaderList headers = CopyProviderFields(*head, provider, gateway);
  auto is_protected = [](std::string_view name) { return IsHopByHop(name) || IsGatewayOwn(name); };
  ApplyEdits(provider.response_headers, is_protected, &headers);
  headers.Add("X-Sluice-Request-Id", request_id);
  head->framing_at = TakePlace(&headers);
  head->headers = std::move(headers);
}

}  // namespace sluice::policy
