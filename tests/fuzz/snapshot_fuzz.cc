// What stands on a disk or comes over the link, up to the snapshot that requests use
// (config/stored_form, snapshot_builder, common/wire/config_check).
//
// Input: `S` and the plaintext of a last-known-good file, `P` and a serialised Configuration, or
// `T` and one in protobuf's text format. Oracle:
//   - nothing crashes; what is refused is refused with a sentence, in which no provider key stands;
//   - a stored form that is read is written again as the same bytes;
//   - an accepted configuration has one canonical form and one hash;
//   - it is safe to serve, too: libcurl reads scheme, host and port of each provider as they were
//     checked; no path climbs; a request goes below its base path or roots, with header fields that
//     can stand on the wire, one credential among them, and none of a connection.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/crypto/digest.h"
#include "common/wire/canonical.h"
#include "common/wire/resource_set.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_builder.h"
#include "dataplane/config/stored_form.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/upstream_headers.h"
#include "sluice/config/v1/config.pb.h"
#include "tests/fuzz/fuzz_gateway.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using config::ProviderEntry;
using config::v1::Configuration;

constexpr std::string_view kId = "the-gateways-own-id";

class Silent : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

std::optional<Configuration> FromBytes(std::string_view bytes) {
  Configuration configuration;
  if (!configuration.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return std::nullopt;
  }
  return configuration;
}

std::optional<Configuration> FromText(std::string_view text) {
  Configuration configuration;
  Silent silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  if (!parser.ParseFromString(std::string(text), &configuration)) return std::nullopt;
  // The text format lets strings through that are not UTF-8; no reader of bytes does.
  return FromBytes(configuration.SerializeAsString());
}

std::optional<Configuration> FromStored(std::string_view bytes) {
  const auto stored = config::DecodeStored(bytes);
  if (!stored.ok()) {
    Require(!stored.status().message().empty(), "an error says why");
    return std::nullopt;
  }
  const base::Secret again =
      config::EncodeStored(stored->stamp, stored->saved_at, stored->bytes.Reveal());
  Require(again.Reveal() == bytes, "what was read is written as it was", bytes);
  return FromBytes(stored->bytes.Reveal());
}

std::optional<Configuration> ReadInput(std::string_view input) {
  switch (input.front()) {
    case 'S':
      return FromStored(input.substr(1));
    case 'P':
      return FromBytes(input.substr(1));
    default:
      return FromText(input.substr(1));
  }
}

// An accepted configuration has one canonical form and one hash.
void CheckCanonical(const Configuration& configuration) {
  const auto resources = wire::ResourceSet::Parse(wire::SerializeCanonical(configuration));
  Require(resources.ok(), "an accepted configuration has resources");
  const base::Secret bytes = resources->Serialize();
  const auto again = wire::ResourceSet::Parse(bytes.Reveal());
  Require(again.ok(), "canonical bytes are a configuration", bytes.Reveal());
  Require(again->Serialize().Reveal() == bytes.Reveal(), "there is one canonical form",
          bytes.Reveal());
  Require(again->Hash() == resources->Hash(), "there is one hash", bytes.Reveal());
}

// Secrets stand in no message, unless the same text stands elsewhere too. Only those that look like
// keys: others may be words of the message.
void CheckRefusal(Configuration configuration, std::string_view message) {
  Require(!message.empty(), "a refusal is a sentence");
  std::vector<std::string> secrets;
  for (auto& entry : *configuration.mutable_provider_keys()) {
    secrets.push_back(entry.secret());
    entry.clear_secret();
  }
  const std::string rest = configuration.SerializeAsString();
  for (const std::string& secret : secrets) {
    const bool telling =
        secret.size() >= 12 && secret.starts_with("sk-") && rest.find(secret) == std::string::npos;
    Require(!telling || message.find(secret) == std::string_view::npos, "no refusal tells a key",
            message);
  }
}

// ---- accepted ones

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

// libcurl writes an IPv6 address in its shortest form.
bool SameHost(std::string_view a, std::string_view b) {
  in6_addr first = {};
  in6_addr second = {};
  const auto read = [](std::string_view host, in6_addr* address) {
    if (host.size() < 2 || host.front() != '[') return false;
    const std::string inside(host.substr(1, host.size() - 2));
    return inet_pton(AF_INET6, inside.c_str(), address) == 1;
  };
  if (!read(a, &first) || !read(b, &second)) return SameName(a, b);
  return std::memcmp(&first, &second, sizeof(first)) == 0;
}

void CheckOrigin(const ProviderEntry& provider) {
  const std::string url = provider.origin + provider.base.path;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  Require(curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK,
          "libcurl takes an accepted base URL", url);
  Require(Part(parsed.get(), CURLUPART_SCHEME) == provider.base.scheme &&
              (provider.base.scheme == "http" || provider.base.scheme == "https"),
          "the scheme is http or https", url);
  Require(SameHost(Part(parsed.get(), CURLUPART_HOST), provider.base.host),
          "the host is the one that was checked", url);
  Require(Part(parsed.get(), CURLUPART_PORT) == std::to_string(provider.base.port),
          "the port is the one that was checked", url);
  Require(Part(parsed.get(), CURLUPART_USER).empty() &&
              Part(parsed.get(), CURLUPART_QUERY).empty() &&
              Part(parsed.get(), CURLUPART_FRAGMENT).empty(),
          "a base URL has no user info, query or fragment", url);
}

void CheckRequestPath(const ProviderEntry& provider, const std::string& path) {
  Require(path.starts_with('/') && !Climbs(path), "no path climbs", path);
  const auto& roots = provider.roots;
  Require(path.starts_with(provider.base.path + "/") ||
              std::any_of(roots.begin(), roots.end(),
                          [&](const auto& root) { return path.starts_with(root.path); }),
          "a request goes below the base path or a root", path);
  for (unsigned char byte : path) {
    Require(byte > 0x20 && byte < 0x7f && byte != '#' && byte != '\\' && byte != '?',
            "a path is printable ASCII without ?, # and backslash", path);
  }
}

bool IsConnections(std::string_view name) {
  for (std::string_view other : {"connection", "keep-alive", "te", "trailer", "upgrade", "host",
                                 "transfer-encoding", "content-length", "expect"}) {
    if (SameName(name, other)) return true;
  }
  return NameBegins(name, "proxy-") || NameBegins(name, "x-sluice-");
}

bool IsCredential(const ProviderEntry& provider, std::string_view name) {
  for (std::string_view other : {"authorization", "x-api-key", "api-key", "x-goog-api-key"}) {
    if (SameName(name, other)) return true;
  }
  return std::any_of(provider.auth.begin(), provider.auth.end(), [&](const auto& auth) {
    return !auth.header.empty() && SameName(name, auth.header);
  });
}

void CheckRequestHeaders(const policy::Route& route, const http::RequestHead& request) {
  static const config::ProviderKeyEntry key{"pk", base::Secret(kProviderSecret)};
  http::HeaderList list;
  policy::BuildUpstreamHeaders(request, route, &key, kId, &list);
  size_t credentials = 0;
  for (const auto& [name, value] : FieldsOf(list)) {
    Require(IsToken(name), "a name is a token", name);
    Require(IsValue(value), "a value holds no control character", value);
    Require(!IsConnections(name), "no field of a connection goes up", name);
    credentials += IsCredential(*route.provider, name);
  }
  const bool sent = route.auth != nullptr && !route.auth->header.empty();
  Require(credentials == (sent ? 1 : 0), "one credential goes up, where one is sent");
}

void CheckRequest(const config::Snapshot& snapshot, const ProviderEntry& provider,
                  std::string_view endpoint) {
  http::RequestHead head;
  head.method = "GET";
  head.target = "/p/" + provider.name + "/" + std::string(endpoint);
  const auto stranger = policy::Admit(snapshot, head, absl::FromUnixSeconds(1));
  Require(policy::Refused(stranger) != nullptr, "nobody comes in without a key", head.target);
  head.headers.Add("x-api-key", TheGateway().client_key);
  const auto decision = policy::Admit(snapshot, head, absl::FromUnixSeconds(1));
  if (policy::Refused(decision) != nullptr) return;
  const auto& route = std::get<policy::Route>(decision);
  Require(route.provider == &provider, "the provider is the one that was named", head.target);
  CheckRequestPath(provider, route.path_and_query);
  CheckRequestHeaders(route, head);
}

void CheckSnapshot(const config::Snapshot& snapshot) {
  for (const auto& provider : snapshot.providers()) {
    Require(snapshot.FindProvider(provider->name) == provider.get(), "a provider has one name",
            provider->name);
    CheckOrigin(*provider);
    for (std::string_view endpoint : {"x", "v1/x", "a//b/"}) {
      CheckRequest(snapshot, *provider, endpoint);
    }
    for (const ProviderEntry::Root& root : provider->roots) {
      CheckRequest(snapshot, *provider, root.prefix + "x");
    }
  }
}

std::shared_ptr<const config::Snapshot> Build(const Configuration& configuration) {
  config::LiveState live_state;
  const auto built =
      config::SnapshotBuilder::Build(configuration, "epoch", 1, std::string(32, 'h'), live_state);
  if (built.ok()) return *built;
  CheckRefusal(configuration, std::string(built.status().message()));
  return nullptr;
}

// With the one client key that the requests above have.
void AddClientKey(Configuration* configuration) {
  configuration->clear_client_keys();
  auto& stored = *configuration->add_client_keys();
  stored.set_sha256(crypto::Sha256Bytes(TheGateway().client_key));
  stored.mutable_key()->set_id("fuzz");
  stored.mutable_key()->set_name("fuzz");
}

void Check(std::string_view input) {
  if (input.empty()) return;
  std::optional<Configuration> configuration = ReadInput(input);
  if (!configuration.has_value() || Build(*configuration) == nullptr) return;
  CheckCanonical(*configuration);
  AddClientKey(&*configuration);
  if (const auto snapshot = Build(*configuration)) CheckSnapshot(*snapshot);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);  // it says of every bad string that it is one
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
