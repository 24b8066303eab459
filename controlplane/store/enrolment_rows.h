// Tokens and nodes: who may call, and which node has which certificate. What is written here makes
// no revision; it stands in the audit all the same.
//
// Made by Store::Enrol for one transaction. Not thread-safe.
#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::store {

enum class TokenKind { kAdmin, kJoin };

struct TokenRow {
  std::string id;  // the public id of the token's text
  TokenKind kind = TokenKind::kAdmin;
  std::string name;
  std::string role;    // e.g. "owner"; of a join token: "node"
  std::string sha256;  // 32 raw bytes, of the whole text
  absl::Time created_at = absl::InfinitePast();
  absl::Time expires_at = absl::InfiniteFuture();
  bool single_use = false;
  std::string used_by = {};  // node; of a token for one use that is used up
};

// A node that was given a certificate, or expelled.
struct NodeRow {
  std::string id;
  std::optional<absl::Time> joined_at = {};    // last join or renewal
  std::optional<absl::Time> expires_at = {};   // of its newest certificate
  std::optional<absl::Time> expelled_at = {};  // the last time; what was issued later is good
};

class EnrolmentRows {
 public:
  explicit EnrolmentRows(SQLite::Database& database) : database_(database) {}

  // By name.
  absl::StatusOr<std::vector<TokenRow>> Tokens() const;
  absl::StatusOr<std::optional<TokenRow>> FindToken(std::string_view id) const;
  absl::Status InsertToken(const TokenRow& token);
  absl::Status MarkUsed(std::string_view id, std::string_view node);
  absl::Status EraseToken(std::string_view id);

  absl::StatusOr<std::vector<NodeRow>> Nodes() const;
  absl::StatusOr<std::optional<NodeRow>> FindNode(std::string_view id) const;
  absl::Status PutNode(const NodeRow& node);

 private:
  SQLite::Database& database_;
};

}  // namespace sluice::store
