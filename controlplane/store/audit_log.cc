#include "controlplane/store/audit_log.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <limits>
#include <string_view>

#include "common/base/text.h"
#include "common/crypto/digest.h"

namespace sluice::store {
namespace {

constexpr char kColumns[] =
    "SELECT id, revision, at, actor, token, peer, rpc, summary, detail, hash FROM audit ";

AuditEntry EntryAt(SQLite::Statement& row) {
  AuditEntry entry;
  entry.id = row.getColumn(0).getInt64();
  if (!row.isColumnNull(1)) entry.revision = row.getColumn(1).getInt64();
  entry.at = absl::FromUnixMicros(row.getColumn(2).getInt64());
  entry.actor = row.getColumn(3).getString();
  entry.token = row.getColumn(4).getString();
  entry.peer = row.getColumn(5).getString();
  entry.rpc = row.getColumn(6).getString();
  entry.summary = row.getColumn(7).getString();
  entry.detail = row.getColumn(8).getString();
  entry.hash = row.getColumn(9).getString();
  return entry;
}

// Each field with its length before it: no two entries give the same bytes.
std::string ChainHash(std::string_view previous, const AuditEntry& entry) {
  std::string bytes;
  auto add = [&bytes](std::string_view field) {
    bytes += base::Cat(field.size(), ":", field, ",");
  };
  add(previous);
  add(std::to_string(entry.id));
  add(entry.revision ? std::to_string(*entry.revision) : "");
  add(std::to_string(absl::ToUnixMicros(entry.at)));
  for (const std::string* field :
       {&entry.actor, &entry.token, &entry.peer, &entry.rpc, &entry.summary, &entry.detail}) {
    add(*field);
  }
  return crypto::Sha256Bytes(bytes);
}

void BindBytes(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

}  // namespace

void AppendAudit(SQLite::Database& database, AuditEntry entry) {
  SQLite::Statement newest(database, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1");
  std::string previous;
  entry.id = 1;
  if (newest.executeStep()) {
    entry.id = newest.getColumn(0).getInt64() + 1;
    previous = newest.getColumn(1).getString();
  }
  SQLite::Statement insert(
      database,
      "INSERT INTO audit(id, revision, at, actor, token, peer, rpc, summary, detail, hash) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, entry.id);
  if (entry.revision) insert.bind(2, *entry.revision);
  insert.bind(3, absl::ToUnixMicros(entry.at));
  insert.bind(4, entry.actor);
  insert.bind(5, entry.token);
  insert.bind(6, entry.peer);
  insert.bind(7, entry.rpc);
  insert.bind(8, entry.summary);
  insert.bind(9, entry.detail);
  BindBytes(insert, 10, ChainHash(previous, entry));
  insert.exec();
}

std::vector<AuditEntry> ListAudit(SQLite::Database& database, int64_t before, int limit) {
  SQLite::Statement statement(database,
                              base::Cat(kColumns, "WHERE id < ? ORDER BY id DESC LIMIT ?"));
  statement.bind(1, before > 0 ? before : std::numeric_limits<int64_t>::max());
  statement.bind(2, limit);
  std::vector<AuditEntry> entries;
  while (statement.executeStep()) entries.push_back(EntryAt(statement));
  return entries;
}

AuditVerdict VerifyAudit(SQLite::Database& database) {
  SQLite::Statement statement(database, base::Cat(kColumns, "ORDER BY id"));
  AuditVerdict verdict;
  while (statement.executeStep()) {
    const AuditEntry entry = EntryAt(statement);
    ++verdict.entries;
    const bool holds = entry.id == verdict.entries && entry.hash == ChainHash(verdict.head, entry);
    if (!holds && verdict.broken_at == 0) verdict.broken_at = entry.id;
    verdict.head = entry.hash;
  }
  return verdict;
}

void ChainAudit(SQLite::Database& database) {
  SQLite::Statement statement(database, base::Cat(kColumns, "ORDER BY id"));
  SQLite::Statement update(database, "UPDATE audit SET hash = ? WHERE id = ?");
  std::string previous;
  while (statement.executeStep()) {
    const AuditEntry entry = EntryAt(statement);
    previous = ChainHash(previous, entry);
    BindBytes(update, 1, previous);
    update.bind(2, entry.id);
    update.exec();
    update.reset();
  }
}

}  // namespace sluice::store
