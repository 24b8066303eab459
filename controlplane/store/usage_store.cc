#include "controlplane/store/usage_store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "common/base/text.h"
#include "controlplane/store/database_files.h"
#include "controlplane/store/sqlite_status.h"
#include "controlplane/store/usage_schema.h"
#include "controlplane/store/usage_sums.h"
#include "controlplane/store/usage_writing.h"

namespace sluice::store {
namespace {

using std::chrono::steady_clock;

constexpr int kBusyTimeoutMs = 5000;
constexpr int64_t kLargestChecked = int64_t{256} << 20;
constexpr int kBite = 1000;  // rows that one transaction removes of a table
constexpr std::chrono::seconds kReadingTime{20};
constexpr int kStepsBetweenLooks = 50'000;  // of SQLite's machine: about a millisecond

std::unique_ptr<SQLite::Database> Connect(const std::string& path) {
  auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
  database->exec("PRAGMA trusted_schema = OFF");
  database->exec("PRAGMA synchronous = FULL");
  AddUsageSum(*database);
  return database;
}

absl::Status Damaged(const std::string& path, std::string_view what) {
  return absl::DataLossError(
      base::Cat("the usage database ", path, " is damaged", what,
                ": move it away, and usage is counted anew; the configuration is not in it"));
}

absl::Status CheckIntegrity(SQLite::Database& database, const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) == 0 && file.st_size > kLargestChecked) return absl::OkStatus();
  const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (found == "ok") return absl::OkStatus();
  return Damaged(path, base::Cat(" (", found, ")"));
}

// Throws what `body` throws, after undoing.
void InTransaction(SQLite::Database& database, absl::FunctionRef<void()> body) {
  database.exec("BEGIN IMMEDIATE");
  try {
    body();
    database.exec("COMMIT");
  } catch (const SQLite::Exception&) {
    database.tryExec("ROLLBACK");
    throw;
  }
}

int Remove(SQLite::Database& database, const std::string& sql, int64_t before) {
  SQLite::Statement statement(database, sql);
  statement.bind(1, before);
  statement.bind(2, kBite);
  return statement.exec();
}

// A view of one instant that is given up when it takes too long.
class LimitedReading {
 public:
  explicit LimitedReading(SQLite::Database& database) : database_(database) {
    database_.exec("BEGIN");
    sqlite3_progress_handler(database_.getHandle(), kStepsBetweenLooks, &IsOver, this);
  }
  ~LimitedReading() {
    sqlite3_progress_handler(database_.getHandle(), 0, nullptr, nullptr);
    database_.tryExec("ROLLBACK");
  }
  LimitedReading(const LimitedReading&) = delete;
  LimitedReading& operator=(const LimitedReading&) = delete;

 private:
  static int IsOver(void* self) {
    return steady_clock::now() > static_cast<LimitedReading*>(self)->end_ ? 1 : 0;
  }

  SQLite::Database& database_;
  const steady_clock::time_point end_ = steady_clock::now() + kReadingTime;
};

}  // namespace

absl::StatusOr<std::unique_ptr<UsageStore>> UsageStore::Open(const std::string& path,
                                                             const UsageTerms& terms) {
  auto lock = LockFile::Acquire(path);
  if (!lock.ok()) return lock.status();
  if (absl::Status status = CreateEmptyFile(path); !status.ok()) return status;
  std::unique_ptr<UsageStore> store(new UsageStore(path, terms, *std::move(lock)));
  if (absl::Status status = store->OpenConnections(); !status.ok()) return status;
  return store;
}

UsageStore::~UsageStore() {
  // The last connection that closes folds the write-ahead log into the database: let it be the
  // writer.
  reader_.reset();
  writer_.reset();
}

absl::Status UsageStore::OpenConnections() {
  try {
    writer_ = Connect(path_);
    absl::Status status = PrepareUsageSchema(*writer_);
    if (status.ok()) status = CheckIntegrity(*writer_, path_);
    if (!status.ok()) return status;
    const std::string mode = writer_->execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal") {
      return absl::FailedPreconditionError(
          base::Cat("the file system of ", path_, " cannot hold a write-ahead log"));
    }
    if (terms_.most_pages > 0) {
      writer_->exec(base::Cat("PRAGMA max_page_count = ", terms_.most_pages));
    }
    reader_ = Connect(path_);
    reader_->exec("PRAGMA query_only = ON");
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_NOTADB:
        return absl::FailedPreconditionError(
            base::Cat(path_,
                      " is not a database: the usage database has that name, so move it "
                      "away"));
      case SQLITE_CORRUPT:
        return Damaged(path_, "");
      default:
        return ToStatus(error, base::Cat("open the usage database ", path_));
    }
  }
}

absl::StatusOr<AddedUsage> UsageStore::Add(const std::vector<NodeUsage>& batches, absl::Time now) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the usage database", [&]() -> absl::StatusOr<AddedUsage> {
    AddedUsage added;
    InTransaction(*writer_, [&] {
      UsageWriting writing(*writer_, terms_.detail_days > 0, now);
      for (const NodeUsage& usage : batches) writing.Add(usage);
      added = writing.Finish();
    });
    return added;
  });
}

absl::StatusOr<bool> UsageStore::Prune(absl::Time now) {
  const absl::Time detail_end = now - absl::Hours(24 * terms_.detail_days);
  const int64_t detail_before = terms_.detail_days == 0 ? std::numeric_limits<int64_t>::max()
                                                        : absl::ToUnixMicros(detail_end);
  // Hours that are over.
  const int64_t hours_before = absl::ToUnixSeconds(now - absl::Hours(24 * terms_.days + 1));
  // What a node might still send again must not count twice as long as its records are here.
  const int longest = std::max(terms_.days, terms_.detail_days) + 1;
  const int64_t segments_before = absl::ToUnixMicros(now - absl::Hours(24 * longest));
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("prune the usage database", [&]() -> absl::StatusOr<bool> {
    int most = 0;
    InTransaction(*writer_, [&] {
      most = Remove(*writer_,
                    "DELETE FROM record WHERE id IN "
                    "(SELECT id FROM record WHERE at < ? ORDER BY at LIMIT ?)",
                    detail_before);
      most = std::max(
          most, Remove(*writer_,
                       "DELETE FROM hour WHERE (hour, node, client_key, provider, model, quality) "
                       "IN (SELECT hour, node, client_key, provider, model, quality FROM hour "
                       "WHERE hour < ? LIMIT ?)",
                       hours_before));
      most = std::max(most, Remove(*writer_,
                                   "DELETE FROM segment WHERE id IN "
                                   "(SELECT id FROM segment WHERE at < ? LIMIT ?)",
                                   segments_before));
    });
    return most == kBite;
  });
}

absl::Status UsageStore::Reading(absl::FunctionRef<void(SQLite::Database&)> body) {
  absl::MutexLock lock(&reader_mutex_);
  try {
    const LimitedReading reading(*reader_);
    body(*reader_);
    return absl::OkStatus();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_INTERRUPT) {
      return absl::ResourceExhaustedError(
          "the usage of all that takes too long to read: ask for a shorter time");
    }
    return ToStatus(error, "read the usage database");
  }
}

absl::StatusOr<admin::v1::QueryUsageResponse> UsageStore::Query(
    const UsageSelection& selection, const std::vector<admin::v1::UsageDimension>& by) {
  admin::v1::QueryUsageResponse response;
  absl::Status status =
      Reading([&](SQLite::Database& database) { response = QueryUsage(database, selection, by); });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<admin::v1::ListUsageRecordsResponse> UsageStore::List(
    const UsageSelection& selection, int64_t before, int limit) {
  admin::v1::ListUsageRecordsResponse response;
  absl::Status status = Reading([&](SQLite::Database& database) {
    response = ListUsage(database, selection, before, limit);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<admin::v1::UsageSums> UsageStore::SumOf(const std::string& client_key,
                                                       absl::Time since, absl::Time until) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("read the usage database", [&]() -> absl::StatusOr<admin::v1::UsageSums> {
    SQLite::Statement sums(*writer_, base::Cat("SELECT ", SumsSql(),
                                               " FROM hour INDEXED BY hour_client_key "
                                               "WHERE client_key = ? AND hour >= ? AND hour < ?"));
    sums.bind(1, client_key);
    sums.bind(2, absl::ToUnixSeconds(since));
    sums.bind(3, absl::ToUnixSeconds(until));
    if (!sums.executeStep()) return admin::v1::UsageSums();
    return SumsAt(sums, 0);
  });
}

absl::StatusOr<absl::Time> UsageStore::Newest() {
  absl::Time newest = absl::InfinitePast();
  absl::Status status = Reading([&](SQLite::Database& database) {
    SQLite::Statement record(database, "SELECT max(at) FROM record");
    if (record.executeStep() && !record.isColumnNull(0)) {
      newest = absl::FromUnixMicros(record.getColumn(0).getInt64());
    }
    SQLite::Statement hour(database, "SELECT max(hour) FROM hour");
    if (hour.executeStep() && !hour.isColumnNull(0)) {
      newest = std::max(newest, absl::FromUnixSeconds(hour.getColumn(0).getInt64()));
    }
  });
  if (!status.ok()) return status;
  return newest;
}

}  // namespace sluice::store
