// The record of who did what: entries in a chain, each holding the hash of all before it, so that
// an entry that was changed, removed from the middle or slipped in later shows.
//
// Within the transaction of whoever holds one; throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::store {

struct AuditEntry {
  int64_t id = 0;                   // 1, 2, 3, ...
  std::optional<int64_t> revision;  // that the call made; none for the setup of the store
  absl::Time at;                    // in whole microseconds
  std::string actor;                // name of the admin token
  std::string token;                // its public id
  std::string peer;
  std::string rpc;
  std::string summary;
  std::string detail;  // JSON: each resource before and after, without secrets; may be empty
  std::string hash;    // SHA-256, 32 raw bytes, of the entry and the hash before it
};

// Gives the entry its id and hash.
void AppendAudit(SQLite::Database& database, AuditEntry entry);

// Newest first, with ids below `before` (0: from the newest).
std::vector<AuditEntry> ListAudit(SQLite::Database& database, int64_t before, int limit);

struct AuditVerdict {
  int64_t entries = 0;
  std::string head;       // hash of the newest entry; empty if there is none
  int64_t broken_at = 0;  // id where the chain first does not hold; 0: it holds
};

// Walks the whole chain.
AuditVerdict VerifyAudit(SQLite::Database& database);

// Chains what was written before there was a chain.
void ChainAudit(SQLite::Database& database);

}  // namespace sluice::store
