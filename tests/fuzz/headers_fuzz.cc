// The header policy, both directions (policy/upstream_headers, downstream_headers, location).
//
// Input: a letter for the provider; a character for the endpoint and the place of the framing
// header; the rest of that line is the client's Host; then a field a line, `Name: value`. `$K` is
// the client key. The fields are taken once for the client's and once for the provider's. Oracle:
//   - names are tokens, values hold no control character;
//   - up: one credential, the provider's, where its rule says; the client key in no name and no
//     value, in any spelling; no field of a connection, none that Connection names; one X-Request-
//     Id; every other field as it was sent, in order;
//   - with tracing on: one traceparent, ours; the rest as without; a value that is read as a
//     traceparent is written as one that is read the same;
//   - down: no field of a connection, none that Connection names, none of rule 4.2; one X-Sluice-
//     Request-Id, ours; every other field as it was sent, in order, the framing header's place
//     among them; a URL is left alone, or was the provider's, stands below /p/{provider}/ at the
//     client's Host, and leads back to where it pointed.
#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/http/trace_context.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/downstream_headers.h"
#include "dataplane/policy/endpoint.h"
#include "dataplane/policy/upstream_headers.h"
#include "tests/fuzz/fuzz_gateway.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using config::ProviderEntry;
using Names = std::vector<std::string>;

constexpr std::string_view kRequestId = "X-Request-Id";
constexpr std::string_view kOurId = "the-gateways-own-id";
constexpr std::string_view kOurTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const Names kConnection = {"connection", "keep-alive",     "te",
                           "trailer",    "upgrade",        "transfer-encoding",
                           "proxy-*",    "content-length", "x-sluice-*"};
const Names kCredentials = {"authorization", "proxy-authorization", "x-api-key", "api-key",
                            "x-goog-api-key"};
const Names kStopUp = {"host",          "expect",    "cookie", "forwarded",
                       "x-forwarded-*", "x-real-ip", "via"};
const Names kStopDown = {"set-cookie", "alt-svc", "strict-transport-security", "public-key-pins"};

// A name that ends with * stands for all that begin so.
bool IsIn(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) {
    if (!other.ends_with('*')) return SameName(name, other);
    return NameBegins(name, other.substr(0, other.size() - 1));
  });
}

Names NamedByConnection(const Fields& fields) {
  Names names;
  for (const auto& [name, value] : fields) {
    if (!SameName(name, "connection")) continue;
    for (size_t at = 0; at <= value.size();) {
      const size_t comma = std::min(value.find(',', at), value.size());
      const std::string_view token = Trimmed(std::string_view(value).substr(at, comma - at));
      if (!token.empty() && !token.ends_with('*')) names.emplace_back(token);
      at = comma + 1;
    }
  }
  return names;
}

bool HoldsKey(std::string_view text) {
  return Decoded(text).find(TheGateway().client_key) != std::string::npos;
}

std::string Text(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text.append(name).append(": ").append(value).append("\n");
  return text;
}

void CheckWireForm(const Fields& fields) {
  for (const auto& [name, value] : fields) {
    Require(IsToken(name), "a name is a token", name);
    Require(IsValue(value), "a value holds no control character", value);
  }
}

bool HasEdits(const ProviderEntry& provider) { return provider.name == "edited"; }

void CheckEdits(const Fields& out) {
  Require(Count(out, "X-Gone") == 0 && Count(out, "Content-Type") == 0 &&
              Count(out, "X-Set") == 1 && Count(out, "X-Add") >= 1,
          "an operator's edits are made", [&] { return Text(out); });
}

// ---- up

Names CredentialsOf(const ProviderEntry& provider) {
  Names names = kCredentials;
  for (const auto& auth : provider.auth) names.push_back(auth.header);
  return names;
}

bool IsUsableId(std::string_view text) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && !text.empty() && text.size() <= 128 && !HoldsKey(text);
}

// The client's fields that go up, as they go.
Fields ForwardedUp(const Fields& sent, const ProviderEntry& provider) {
  const Names credentials = CredentialsOf(provider);
  const Names named = NamedByConnection(sent);
  Fields forwarded;
  for (const auto& [name, value] : sent) {
    if (SameName(name, kRequestId)) {
      if (Count(forwarded, kRequestId) > 0) continue;
      forwarded.emplace_back(name, IsUsableId(value) ? value : std::string(kOurId));
      continue;
    }
    const bool stops = IsIn(kConnection, name) || IsIn(kStopUp, name) || IsIn(credentials, name) ||
                       IsIn(named, name) || HoldsKey(value) || HoldsKey(name);
    if (!stops) forwarded.emplace_back(name, value);
  }
  return forwarded;
}

void CheckCredential(const Fields& out, const policy::Route& route) {
  const Names credentials = CredentialsOf(*route.provider);
  size_t count = 0;
  for (const auto& [name, value] : out) {
    if (!IsIn(credentials, name)) continue;
    ++count;
    const std::string& scheme = route.auth->scheme;
    Require(name == route.auth->header &&
                value == scheme + (scheme.empty() ? "" : " ") + std::string(kProviderSecret),
            "the credential is the provider's", name);
  }
  Require(count == 1, "one credential goes up", [&] { return Text(out); });
}

void CheckUp(const policy::Route& route, const http::RequestHead& request) {
  const ProviderEntry& provider = *route.provider;
  const Fields sent = FieldsOf(request.headers);
  http::HeaderList list;
  policy::BuildUpstreamHeaders(request, route, &provider.keys.front(), kOurId, &list);
  const Fields out = FieldsOf(list);

  CheckWireForm(out);
  CheckCredential(out, route);
  Require(Count(out, kRequestId) == 1, "one request id goes up", [&] { return Text(out); });
  for (const auto& [name, value] : out) {
    Require(!IsIn(kConnection, name) && !IsIn(kStopUp, name), "no such field goes up", name);
    Require(!HoldsKey(name) && !HoldsKey(value), "the client key does not go up", name);
  }
  if (HasEdits(provider)) return CheckEdits(out);
  const Fields forwarded = ForwardedUp(sent, provider);
  Require(
      forwarded.size() <= out.size() && std::equal(forwarded.begin(), forwarded.end(), out.begin()),
      "every other field goes up as it was sent", [&] { return Text(sent) + "->\n" + Text(out); });
  for (size_t i = forwarded.size(); i < out.size(); ++i) {
    const std::string& name = out[i].first;
    const bool is_default =
        std::any_of(provider.default_headers.begin(), provider.default_headers.end(),
                    [&](const auto& field) { return SameName(field.first, name); });
    Require(is_default || SameName(name, kRequestId) || SameName(name, provider.session_header) ||
                SameName(name, route.auth->header),
            "nothing else is added", name);
    Require(Count(out, name) == 1, "only what was not sent is added", name);
  }
}

void CheckTraced(const policy::Route& route, const http::RequestHead& request, bool begins_here) {
  const config::ProviderKeyEntry& key = route.provider->keys.front();
  const policy::TraceFields trace{std::string(kOurTrace), begins_here};
  http::HeaderList plain;
  http::HeaderList traced;
  policy::BuildUpstreamHeaders(request, route, &key, kOurId, &plain);
  policy::BuildUpstreamHeaders(request, route, &key, kOurId, &traced, &trace);
  const auto without_trace = [&](const http::HeaderList& list) {
    Fields fields = FieldsOf(list);
    std::erase_if(fields, [&](const auto& field) {
      return SameName(field.first, "traceparent") ||
             (begins_here && SameName(field.first, "tracestate"));
    });
    return fields;
  };
  const Fields out = FieldsOf(traced);
  Require(Count(out, "traceparent") == 1 && traced.Find("traceparent") == kOurTrace,
          "one traceparent goes up, ours", [&] { return Text(out); });
  Require(!begins_here || Count(out, "tracestate") == 0, "no state of another trace goes up",
          [&] { return Text(out); });
  Require(without_trace(plain) == without_trace(traced), "a trace changes no other field",
          [&] { return Text(out); });
}

void CheckTraceparent(std::string_view value) {
  const auto context = http::ParseTraceparent(value);
  if (!context.has_value()) return;
  const std::string again = http::Traceparent(*context);
  Require(again.size() == 55 && again.substr(3, 49) == value.substr(3, 49),
          "a traceparent keeps its ids", value);
  Require(http::ParseTraceparent(again) == context, "what is written reads the same", again);
}

// ---- down

bool HoldsUrl(const ProviderEntry& provider, std::string_view name) {
  return SameName(name, "location") || IsIn(provider.rewrite_response_headers, name);
}

struct Url {
  std::string path;  // "" if the URL is not one of the provider's
  bool absolute = false;
};

// `url` by libcurl's reading.
Url ProvidersUrl(const ProviderEntry& provider, std::string_view url) {
  std::string text(url.substr(0, url.find('#')));
  const bool absolute = !text.starts_with('/') || text.starts_with("//");
  if (text.starts_with("//")) text = provider.base.scheme + ":" + text;
  if (text.starts_with('/')) text = provider.origin + text;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) {
    return {};
  }
  const auto part = [&](CURLUPart which) {
    char* found = nullptr;
    if (curl_url_get(parsed.get(), which, &found, CURLU_DEFAULT_PORT) != CURLUE_OK) {
      return std::string();
    }
    std::string copy(found);
    curl_free(found);
    return copy;
  };
  const bool ours = SameName(part(CURLUPART_SCHEME), provider.base.scheme) &&
                    SameName(part(CURLUPART_HOST), provider.base.host) &&
                    part(CURLUPART_PORT) == std::to_string(provider.base.port) &&
                    part(CURLUPART_USER).empty() && part(CURLUPART_PASSWORD).empty();
  if (!ours) return {};
  return {part(CURLUPART_PATH), absolute};
}

void CheckUrl(const ProviderEntry& provider, const Fields& request, const std::string& sent,
              const std::string& goes) {
  const std::string evidence = sent + " -> " + goes;
  const Url url = ProvidersUrl(provider, sent);
  const std::string host = ValueOf(request, "host");
  Require(!url.path.empty(), "only the provider's URLs are rewritten", evidence);
  std::string_view rest = goes;
  if (!rest.starts_with('/')) {
    Require(url.absolute && !host.empty() &&
                host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.-_:[]") == std::string_view::npos,
            "an absolute URL is at the client's Host, if that is one", evidence);
    const bool tls = SameName(ValueOf(request, "x-forwarded-proto"), "https");
    const std::string origin = (tls ? "https://" : "http://") + host;
    Require(rest.starts_with(origin), "an absolute URL is at the client's Host", evidence);
    rest.remove_prefix(origin.size());
  }
  const std::string prefix = "/p/" + provider.name + "/";
  Require(rest.starts_with(prefix), "a rewritten URL is below /p/{provider}/", evidence);
  rest.remove_prefix(prefix.size());
  const auto endpoint =
      policy::NormaliseEndpoint(rest.substr(0, rest.find_first_of("?#")), provider, true);
  Require(!policy::Refused(endpoint), "a rewritten URL can be asked for", evidence);
  Require(policy::UpstreamPath(provider, std::get<std::string>(endpoint)) == url.path,
          "a rewritten URL leads back to where it pointed", evidence);
}

bool StopsDown(const Names& named, std::string_view name) {
  return IsIn(kConnection, name) || IsIn(kStopDown, name) || IsIn(named, name);
}

void CheckKeptDown(const ProviderEntry& provider, const Fields& request, const Fields& sent,
                   const Fields& out) {
  const Names named = NamedByConnection(sent);
  size_t at = 0;
  for (const auto& [name, value] : sent) {
    if (StopsDown(named, name)) continue;
    Require(at < out.size() && out[at].first == name, "every other field goes down, in order",
            [&] { return Text(sent) + "->\n" + Text(out); });
    const bool same = out[at].second == value;
    Require(same || HoldsUrl(provider, name), "a field goes down as it was sent", name);
    if (!same) CheckUrl(provider, request, value, out[at].second);
    ++at;
  }
  Require(at + 1 == out.size(), "one field is added", [&] { return Text(out); });
}

size_t PlaceOf(const Fields& sent, size_t framing_at) {
  if (framing_at >= sent.size()) return SIZE_MAX;
  const Names named = NamedByConnection(sent);
  return std::count_if(sent.begin(), sent.begin() + static_cast<ptrdiff_t>(framing_at),
                       [&](const auto& field) { return !StopsDown(named, field.first); });
}

void CheckDown(const policy::Route& route, const http::HeaderList& request,
               http::ResponseHead head) {
  const Fields sent = FieldsOf(head.headers);
  const size_t framing_at = head.framing_at;
  policy::EditDownstreamHeaders(route, policy::OriginSeenBy(request), kOurId, &head);
  const Fields out = FieldsOf(head.headers);

  CheckWireForm(out);
  const Names named = NamedByConnection(sent);
  for (const auto& [name, value] : out) {
    if (name == "X-Sluice-Request-Id") continue;
    const bool edited = HasEdits(*route.provider) && (name == "X-Set" || name == "X-Add");
    Require(edited || !StopsDown(named, name), "no such field goes down", name);
  }
  Require(Count(out, "X-Sluice-Request-Id") == 1 && !out.empty() && out.back().second == kOurId,
          "one X-Sluice-Request-Id goes down, ours", [&] { return Text(out); });
  if (HasEdits(*route.provider)) return CheckEdits(out);
  CheckKeptDown(*route.provider, FieldsOf(request), sent, out);
  Require(head.framing_at == PlaceOf(sent, framing_at), "the framing header keeps its place",
          [&] { return Text(sent) + "->\n" + Text(out); });
}

// ---- input

struct Input {
  policy::Route route;
  std::string host;
  size_t framing_at = 0;
  http::HeaderList headers;
};

constexpr std::string_view kEndpoints[] = {"x", "anthropic/v1/messages", "messages", "upload/x",
                                           "root/health"};

policy::Route RouteOf(char provider, unsigned char endpoint) {
  http::RequestHead head;
  head.method = "POST";
  head.target = "/p/" + ProviderOf(provider).name + "/" +
                std::string(kEndpoints[endpoint % std::size(kEndpoints)]);
  head.headers.Add("x-api-key", TheGateway().client_key);
  auto decision = policy::Admit(*TheGateway().snapshot, head, absl::FromUnixSeconds(1));
  Require(!policy::Refused(decision), "the request is admitted", head.target);
  return std::get<policy::Route>(std::move(decision));
}

// As both parsers would let them through.
void AddField(std::string_view line, http::HeaderList& headers) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (IsToken(name) && IsValue(value)) headers.Add(name, value);
}

Input Read(std::string_view bytes) {
  const auto choice = static_cast<unsigned char>(bytes[1]);
  Input input{RouteOf(bytes[0], choice), "", choice % 16u, {}};
  const std::string text = WithClientKey(bytes.substr(2));
  const std::string_view all = text;
  size_t end = std::min(all.find('\n'), all.size());
  input.host = Trimmed(all.substr(0, end));
  while (end < all.size()) {
    const size_t begin = end + 1;
    end = std::min(all.find('\n', begin), all.size());
    AddField(all.substr(begin, end - begin), input.headers);
  }
  return input;
}

void Check(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const Input input = Read(bytes);
  http::RequestHead request;
  request.method = "POST";
  if (IsValue(input.host)) request.headers.Add("Host", input.host);
  for (const auto& [name, value] : FieldsOf(input.headers)) request.headers.Add(name, value);
  CheckUp(input.route, request);
  for (const bool begins_here : {false, true}) CheckTraced(input.route, request, begins_here);
  for (const auto& [name, value] : FieldsOf(input.headers)) CheckTraceparent(value);
  http::ResponseHead response;
  response.status = 200;
  response.headers = input.headers;
  response.framing_at = input.framing_at;
  CheckDown(input.route, request.headers, response);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
