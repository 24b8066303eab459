#include "controlplane/store/resource.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <utility>

namespace sluice::store {
namespace {

// Maps in a fixed order: equal messages must be equal rows, or a write that changes nothing would
// count as a change.
std::string Encode(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

template <typename Message>
std::string JsonOf(const std::string& body) {
  Message message;
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const bool whole = message.ParseFromString(body) &&
                     google::protobuf::util::MessageToJsonString(message, &text, options).ok();
  return whole ? text : R"({"unreadable":true})";
}

}  // namespace

std::string BodyJson(ResourceKind kind, const std::string& body) {
  switch (kind) {
    case ResourceKind::kSettings:
      return JsonOf<config::v1::Settings>(body);
    case ResourceKind::kProvider:
      return JsonOf<config::v1::Provider>(body);
    case ResourceKind::kProviderKey:
      return JsonOf<config::v1::ProviderKey>(body);
    case ResourceKind::kClientKey:
      return JsonOf<config::v1::ClientKey>(body);
    case ResourceKind::kJwtIssuer:
      return JsonOf<config::v1::JwtIssuer>(body);
  }
  return "{}";
}

std::string_view KindName(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::kSettings:
      return "settings";
    case ResourceKind::kProvider:
      return "provider";
    case ResourceKind::kProviderKey:
      return "provider key";
    case ResourceKind::kClientKey:
      return "client key";
    case ResourceKind::kJwtIssuer:
      return "jwt issuer";
  }
  return "resource";
}

std::string ProviderKeyName(std::string_view provider, std::string_view name) {
  return base::Cat(provider, "/", name);
}

ResourceRow RowOf(const config::v1::Settings& settings) {
  return {ResourceKind::kSettings,
          std::string(kSettingsId),
          std::string(kSettingsId),
          Encode(settings),
          "",
          0};
}

ResourceRow RowOf(const config::v1::Provider& provider) {
  return {ResourceKind::kProvider, provider.name(), provider.name(), Encode(provider), "", 0};
}

ResourceRow RowOf(const config::v1::ProviderKey& key, std::string sealed) {
  return {ResourceKind::kProviderKey,
          key.id(),
          ProviderKeyName(key.provider(), key.name()),
          Encode(key),
          std::move(sealed),
          0};
}

ResourceRow RowOf(const config::v1::ClientKey& key, std::string sha256) {
  const bool holds_name = !key.has_revoked_at() && key.replaced_by().empty();
  return {ResourceKind::kClientKey, key.id(), holds_name ? key.name() : "", Encode(key),
          std::move(sha256),        0};
}

ResourceRow RowOf(const config::v1::JwtIssuer& issuer, std::string sealed) {
  return {ResourceKind::kJwtIssuer, issuer.name(),     issuer.name(),
          Encode(issuer),           std::move(sealed), 0};
}

bool IsSealedKind(ResourceKind kind) {
  return kind == ResourceKind::kProviderKey || kind == ResourceKind::kJwtIssuer;
}

}  // namespace sluice::store
