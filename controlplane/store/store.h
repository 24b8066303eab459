// The database of a control plane, and the only door to SQLite.
//
// Opening is two steps, so that a start that must be refused (wrong master key) has written
// nothing:
//   Open     takes the lock beside the database, checks file, schema and integrity
//   Create   for a new one: schema, epoch, meta          Migrate   for an existing one
// Thread-safe after that: one writing and one reading connection, each behind a mutex, so readers
// never wait for a disk flush. WAL with synchronous=FULL: what Commit acknowledged survives kill -9
// and power loss.
#pragma once

#include <SQLiteCpp/Database.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/audit_log.h"
#include "controlplane/store/change.h"
#include "controlplane/store/enrolment_rows.h"
#include "controlplane/store/lock_file.h"
#include "controlplane/store/reading.h"
#include "controlplane/store/secret_rows.h"

namespace sluice::store {

class Store {
 public:
  // Creates an empty file (mode 0600) if there is none; the folder must exist.
  // FailedPrecondition: in use, not a database, another program's, a newer release's. DataLoss:
  // damaged.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);
  ~Store();

  const std::string& path() const { return path_; }
  // Nothing was ever stored in it.
  bool is_new() const { return version_ == 0; }

  // `meta` is stored with a new epoch.
  absl::Status Create(const std::map<std::string, std::string>& meta, absl::Time now);
  absl::Status Migrate();

  // NotFound names the key.
  absl::StatusOr<std::string> Meta(std::string_view key);
  absl::StatusOr<std::string> Epoch() { return Meta("epoch"); }

  // False until FinishSetup has committed: whoever sees it so does the setup again.
  absl::StatusOr<bool> SetupIsComplete();
  // Replaces all tokens and calls `before_commit` (which writes their texts where the operator
  // finds them); its failure, or a crash at any point, leaves the setup to be done again.
  absl::Status FinishSetup(const std::vector<TokenRow>& tokens, absl::Time now,
                           absl::FunctionRef<absl::Status()> before_commit);
  absl::StatusOr<std::vector<TokenRow>> Tokens();

  // Into the audit, for what makes no revision.
  absl::Status Record(AuditEntry entry);
  // Changes tokens and nodes, and records it: `body` returns one line for the audit, e.g. "node x
  // joined". Both or, after an error of either, nothing.
  absl::Status Enrol(AuditEntry entry,
                     absl::FunctionRef<absl::StatusOr<std::string>(EnrolmentRows&)> body);
  absl::StatusOr<std::vector<NodeRow>> Nodes();

  // Looks at how the secrets rest, before Migrate too.
  absl::Status InspectSecrets(absl::FunctionRef<absl::Status(const SecretRows&)> body);
  // Changes how secrets rest, while what they are stays: no revision. `body` returns one line for
  // the audit, or nothing. All of it or, after an error, nothing.
  absl::Status Reseal(AuditEntry entry,
                      absl::FunctionRef<absl::StatusOr<std::string>(SecretRows&)> body);
  // Leaves nothing of what was overwritten in the write-ahead log, as far as no reader holds it.
  void EmptyLog();

  // By client key id. An observation, in no revision and no audit; ids without a key are left out.
  absl::Status NoteKeyUses(const absl::flat_hash_map<std::string, absl::Time>& times);
  absl::StatusOr<absl::flat_hash_map<std::string, absl::Time>> KeyUses();

  absl::StatusOr<std::unique_ptr<Reading>> Read();
  absl::StatusOr<std::unique_ptr<Change>> Begin(ChangeInfo info);

 private:
  Store(std::string path, LockFile lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  absl::Status OpenWriter();
  absl::Status InTransaction(absl::FunctionRef<absl::Status()> body);
  void WriteMeta(const std::string& key, const std::string& value);

  std::string path_;
  LockFile lock_;
  int version_ = 0;
  absl::Mutex writer_mutex_;
  std::unique_ptr<SQLite::Database> writer_;
  absl::Mutex reader_mutex_;
  std::unique_ptr<SQLite::Database> reader_;
};

}  // namespace sluice::store
