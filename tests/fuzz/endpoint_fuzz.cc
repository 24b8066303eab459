// From a raw request target to the URL that a provider is asked for (policy/admission, target,
// endpoint, credential).
//
// Input: a letter that chooses a provider, then what follows /p/{provider}/; or a whole target,
// which begins with /. `$K` is the client key. Oracle, whatever the bytes:
//   - scheme, host and port of the URL are the configured ones, by its bytes and by libcurl's URL
//     parser, which finds no user info and no fragment in it either;
//   - its path is the one that rules 1.3 to 1.5 of docs/PASSTHROUGH.md name, at or below the base
//     path or a root, with no segment that climbs in any percent spelling, no control character,
//     space, `#` or backslash;
//   - an endpoint is refused as denied if and only if it, or where it leads, is a denied one in any
//     spelling;
//   - the query is what was sent, without any client key in any spelling.
#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "dataplane/edge/request_rules.h"
#include "dataplane/policy/admission.h"
#include "tests/fuzz/fuzz_gateway.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using config::ProviderEntry;

// What rule 1.4 and 1.5 make of what the client wrote.
std::string Normal(const ProviderEntry& provider, std::string_view raw) {
  std::string endpoint;
  for (size_t at = 0; at < raw.size(); ++at) {
    const std::string_view three = raw.substr(at, 3);
    const bool slash = provider.decode_slashes && (three == "%2F" || three == "%2f");
    endpoint.push_back(slash ? '/' : raw[at]);
    if (slash) at += 2;
  }
  const bool alias = endpoint == "v1" || endpoint.starts_with("v1/");
  return provider.strip_v1 && alias ? endpoint.substr(std::min<size_t>(3, endpoint.size()))
                                    : endpoint;
}

// Rule 1.3.
std::string PathOf(const ProviderEntry& provider, const std::string& endpoint) {
  for (const ProviderEntry::Root& root : provider.roots) {
    if (endpoint.starts_with(root.prefix)) return root.path + endpoint.substr(root.prefix.size());
  }
  return provider.base.path + "/" + endpoint;
}

bool Matches(std::string_view text, std::string_view denied) {
  const std::string canonical = Canonical(text);
  const std::string refused = Canonical(denied);
  return canonical == refused || (denied.ends_with('/') && canonical.starts_with(refused + "/"));
}

bool ShouldBeDenied(const ProviderEntry& provider, const std::string& endpoint) {
  const auto& denied = provider.denied_endpoints;
  return std::any_of(denied.begin(), denied.end(), [&](const std::string& entry) {
    return Matches("/" + endpoint, "/" + entry) ||
           Matches(PathOf(provider, endpoint), PathOf(provider, entry));
  });
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

void CheckUrl(const ProviderEntry& provider, const std::string& path_and_query) {
  const std::string url = provider.origin + path_and_query;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  Require(curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK,
          "libcurl takes the URL", url);
  Require(Part(parsed.get(), CURLUPART_SCHEME) == provider.base.scheme, "the scheme stays", url);
  Require(Part(parsed.get(), CURLUPART_HOST) == provider.base.host, "the host stays", url);
  Require(
      Part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT) == std::to_string(provider.base.port),
      "the port stays", url);
  Require(Part(parsed.get(), CURLUPART_USER).empty() &&
              Part(parsed.get(), CURLUPART_PASSWORD).empty() &&
              Part(parsed.get(), CURLUPART_FRAGMENT).empty(),
          "no user info and no fragment", url);
  Require(Part(parsed.get(), CURLUPART_PATH) == path_and_query.substr(0, path_and_query.find('?')),
          "libcurl sees the same path", url);
}

void CheckPath(const ProviderEntry& provider, const std::string& path) {
  Require(!Climbs(path), "no segment climbs", path);
  const auto& roots = provider.roots;
  const bool below = path.starts_with(provider.base.path + "/") ||
                     std::any_of(roots.begin(), roots.end(),
                                 [&](const auto& root) { return path.starts_with(root.path); });
  Require(below, "the path is below the base path or a root", path);
  for (unsigned char byte : path) {
    Require(byte > 0x20 && byte != 0x7f && byte != '#' && byte != '\\',
            "no control character, space, # or backslash", path);
  }
  for (unsigned char byte : Decoded(path)) {
    Require(byte >= 0x20 && byte != 0x7f && byte != '\\',
            "no control character and no backslash behind an escape", path);
  }
}

void CheckQuery(std::string_view sent, std::string_view goes) {
  Require(Decoded(goes).find(TheGateway().client_key) == std::string::npos,
          "no client key in the query", goes);
  const std::string plain = base::Lower(Decoded(sent));
  if (plain.find("key") == std::string::npos && plain.find("slk_") == std::string::npos) {
    Require(sent == goes, "the query goes as it came", sent);
  }
}

void CheckRoute(const policy::Route& route, std::string_view target, bool readable) {
  const ProviderEntry& provider = *route.provider;
  const std::string& up = route.path_and_query;
  const std::string prefix = "/p/" + provider.name + "/";
  Require(target.starts_with(prefix), "the provider is the one that was named", target);
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string endpoint = Normal(provider, target.substr(prefix.size(), mark - prefix.size()));
  const std::string path = up.substr(0, up.find('?'));

  Require(!endpoint.empty(), "there is an endpoint", target);
  Require(path == PathOf(provider, endpoint), "the path is the one of rules 1.3 to 1.5", up);
  Require(!ShouldBeDenied(provider, endpoint), "a denied endpoint is not reached", up);
  CheckPath(provider, path);
  CheckUrl(provider, up);
  CheckQuery(mark == target.size() ? "" : target.substr(mark + 1),
             path.size() == up.size() ? "" : std::string_view(up).substr(path.size() + 1));
  for (unsigned char byte : up) {
    Require(!readable || (byte > 0x20 && byte < 0x7f),
            "what the edge lets in goes out as printable ASCII", up);
    Require(byte > 0x20 && byte != 0x7f && byte != '#', "no control character, space or #", up);
  }
}

void CheckRefusal(const http::GatewayError& refused, std::string_view target) {
  Require(refused.status >= 400 && refused.status < 500 && !refused.message.empty(),
          "a refusal is the client's", refused.message);
  Require(refused.message.find(TheGateway().client_key) == std::string::npos,
          "no refusal tells a key", refused.message);
  if (refused.code != "permission_denied") return;
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view rest = path.substr(std::string_view("/p/").size());
  const size_t slash = rest.find('/');
  const ProviderEntry* provider = TheGateway().snapshot->FindProvider(rest.substr(0, slash));
  Require(
      provider != nullptr && ShouldBeDenied(*provider, Normal(*provider, rest.substr(slash + 1))),
      "only what is denied is refused as denied", target);
}

std::string TargetOf(std::string_view input) {
  const std::string text = WithClientKey(input);
  if (text.starts_with('/')) return text;
  return "/p/" + ProviderOf(text[0]).name + "/" + text.substr(1);
}

void Check(std::string_view input) {
  if (input.empty()) return;
  http::RequestHead head;
  head.method = "GET";
  head.target = TargetOf(input);
  head.headers.Add("Host", "gateway");
  head.headers.Add("x-api-key", TheGateway().client_key);
  const std::string target = head.target;
  const bool readable = edge::ApplyRequestRules(head).empty();
  const auto decision = policy::Admit(*TheGateway().snapshot, head, absl::FromUnixSeconds(1));
  if (const http::GatewayError* refused = policy::Refused(decision)) {
    CheckRefusal(*refused, target);
  } else {
    CheckRoute(std::get<policy::Route>(decision), target, readable);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
