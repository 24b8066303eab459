#include "controlplane/store/enrolment_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <utility>

#include "common/base/text.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

constexpr std::string_view kTokenColumns =
    "SELECT id, kind, name, role, sha256, created_at, expires_at, single_use, used_by FROM token ";
constexpr std::string_view kNodeColumns =
    "SELECT id, joined_at, expires_at, expelled_at FROM node ";

std::optional<absl::Time> TimeAt(SQLite::Statement& statement, int column) {
  if (statement.isColumnNull(column)) return std::nullopt;
  return absl::FromUnixMicros(statement.getColumn(column).getInt64());
}

// Stays NULL without a time.
void BindTime(SQLite::Statement& statement, int index, std::optional<absl::Time> time) {
  if (time.has_value()) statement.bind(index, absl::ToUnixMicros(*time));
}

TokenRow TokenAt(SQLite::Statement& statement) {
  const bool admin = statement.getColumn(1).getString() == "admin";
  return {.id = statement.getColumn(0).getString(),
          .kind = admin ? TokenKind::kAdmin : TokenKind::kJoin,
          .name = statement.getColumn(2).getString(),
          .role = statement.getColumn(3).getString(),
          .sha256 = statement.getColumn(4).getString(),
          .created_at = *TimeAt(statement, 5),
          .expires_at = TimeAt(statement, 6).value_or(absl::InfiniteFuture()),
          .single_use = statement.getColumn(7).getInt() != 0,
          .used_by = statement.getColumn(8).getString()};
}

NodeRow NodeAt(SQLite::Statement& statement) {
  return {.id = statement.getColumn(0).getString(),
          .joined_at = TimeAt(statement, 1),
          .expires_at = TimeAt(statement, 2),
          .expelled_at = TimeAt(statement, 3)};
}

template <typename Row>
std::vector<Row> All(SQLite::Statement& statement, Row (*row_at)(SQLite::Statement&)) {
  std::vector<Row> rows;
  while (statement.executeStep()) rows.push_back(row_at(statement));
  return rows;
}

}  // namespace

absl::StatusOr<std::vector<TokenRow>> EnrolmentRows::Tokens() const {
  return Guarded("read the tokens", [&]() -> absl::StatusOr<std::vector<TokenRow>> {
    SQLite::Statement statement(database_, base::Cat(kTokenColumns, "ORDER BY name, id"));
    return All(statement, TokenAt);
  });
}

absl::StatusOr<std::optional<TokenRow>> EnrolmentRows::FindToken(std::string_view id) const {
  return Guarded("read the tokens", [&]() -> absl::StatusOr<std::optional<TokenRow>> {
    SQLite::Statement statement(database_, base::Cat(kTokenColumns, "WHERE id = ?"));
    statement.bind(1, std::string(id));
    if (!statement.executeStep()) return std::nullopt;
    return TokenAt(statement);
  });
}

absl::Status EnrolmentRows::InsertToken(const TokenRow& token) {
  return Guarded("write the tokens", [&]() -> absl::Status {
    SQLite::Statement statement(
        database_,
        "INSERT INTO token(id, kind, name, role, sha256, created_at, expires_at, single_use) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(1, token.id);
    statement.bind(2, std::string(token.kind == TokenKind::kAdmin ? "admin" : "join"));
    statement.bind(3, token.name);
    statement.bind(4, token.role);
    statement.bind(5, static_cast<const void*>(token.sha256.data()),
                   static_cast<int>(token.sha256.size()));
    statement.bind(6, absl::ToUnixMicros(token.created_at));
    if (token.expires_at != absl::InfiniteFuture()) BindTime(statement, 7, token.expires_at);
    statement.bind(8, token.single_use ? 1 : 0);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status EnrolmentRows::MarkUsed(std::string_view id, std::string_view node) {
  return Guarded("write the tokens", [&]() -> absl::Status {
    SQLite::Statement statement(database_, "UPDATE token SET used_by = ? WHERE id = ?");
    statement.bind(1, std::string(node));
    statement.bind(2, std::string(id));
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status EnrolmentRows::EraseToken(std::string_view id) {
  return Guarded("write the tokens", [&]() -> absl::Status {
    SQLite::Statement statement(database_, "DELETE FROM token WHERE id = ?");
    statement.bind(1, std::string(id));
    statement.exec();
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<NodeRow>> EnrolmentRows::Nodes() const {
  return Guarded("read the nodes", [&]() -> absl::StatusOr<std::vector<NodeRow>> {
    SQLite::Statement statement(database_, base::Cat(kNodeColumns, "ORDER BY id"));
    return All(statement, NodeAt);
  });
}

absl::StatusOr<std::optional<NodeRow>> EnrolmentRows::FindNode(std::string_view id) const {
  return Guarded("read the nodes", [&]() -> absl::StatusOr<std::optional<NodeRow>> {
    SQLite::Statement statement(database_, base::Cat(kNodeColumns, "WHERE id = ?"));
    statement.bind(1, std::string(id));
    if (!statement.executeStep()) return std::nullopt;
    return NodeAt(statement);
  });
}

absl::Status EnrolmentRows::PutNode(const NodeRow& node) {
  return Guarded("write the nodes", [&]() -> absl::Status {
    SQLite::Statement statement(
        database_,
        "INSERT OR REPLACE INTO node(id, joined_at, expires_at, expelled_at) VALUES(?, ?, ?, ?)");
    statement.bind(1, node.id);
    BindTime(statement, 2, node.joined_at);
    BindTime(statement, 3, node.expires_at);
    BindTime(statement, 4, node.expelled_at);
    statement.exec();
    return absl::OkStatus();
  });
}

}  // namespace sluice::store
