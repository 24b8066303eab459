#include "controlplane/store/resource.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

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

}  // namespace

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
  return {ResourceKind::kClientKey, key.id(), key.has_revoked_at() ? "" : key.name(), Encode(key),
          std::move(sha256),        0};
}

}  // namespace sluice::store
