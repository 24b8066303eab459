// What the store keeps of a resource: a kind, an identity, the message without its secret (`body`),
// and the secret in the form in which it may rest (`material`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/text.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::store {

// The numbers are on disk.
enum class ResourceKind {
  kSettings = 1,
  kProvider = 2,
  kProviderKey = 3,
  kClientKey = 4,
  kJwtIssuer = 5
};

std::string_view KindName(ResourceKind kind);  // e.g. "provider key"

struct ResourceRow {
  ResourceKind kind = ResourceKind::kSettings;
  std::string id;    // a provider's and a token issuer's is its name; the settings' is "settings"
  std::string name;  // unique within the kind; empty: holds no name (a revoked client key)
  std::string body;  // the serialised config.v1 message
  // Provider key: sealed secret; client key: SHA-256; token issuer: sealed secret, if it has one;
  // others: empty.
  std::string material;
  int64_t revision = 0;  // that wrote it last
};

inline constexpr std::string_view kSettingsId = "settings";

// Provider keys have a name within their provider.
std::string ProviderKeyName(std::string_view provider, std::string_view name);

ResourceRow RowOf(const config::v1::Settings& settings);
ResourceRow RowOf(const config::v1::Provider& provider);
ResourceRow RowOf(const config::v1::ProviderKey& key, std::string sealed);
// A revoked or replaced key gives its name free.
ResourceRow RowOf(const config::v1::ClientKey& key, std::string sha256);
ResourceRow RowOf(const config::v1::JwtIssuer& issuer, std::string sealed);

// Whether what rests in `material` is sealed.
bool IsSealedKind(ResourceKind kind);

// The message in `body` as a JSON object, its fields named as in the .proto.
std::string BodyJson(ResourceKind kind, const std::string& body);

// DataLoss names the row.
template <typename Message>
absl::StatusOr<Message> Decode(const ResourceRow& row) {
  Message message;
  if (!message.ParseFromString(row.body)) {
    return absl::DataLossError(
        base::Cat(KindName(row.kind), " \"", row.id, "\" cannot be read from the database"));
  }
  return message;
}

}  // namespace sluice::store
