// The sums of each hour, by who used what, where and how well it is known.
//
// Bounded for each hour and node: beyond kMostGroups a group that is new goes to the model
// "_others", whatever names of models clients make up; beyond as many again to the client key
// "_others" too, and in the end to the provider "_others".
//
// Within one transaction; throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sluice/admin/v1/admin.pb.h"

namespace sluice::store {

struct UsageGroup {
  int64_t hour = 0;  // seconds since 1970
  std::string node;
  std::string client_key;
  std::string provider;
  std::string model;
  int quality = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): takes the comparison with 0 in it for a pointer's
  auto operator<=>(const UsageGroup&) const = default;
};

inline constexpr char kUsageOthers[] = "_others";

class UsageHours {
 public:
  static constexpr int64_t kMostGroups = 2000;

  explicit UsageHours(SQLite::Database& database);

  void Put(const UsageGroup& group, const admin::v1::UsageSums& sums);
  // Requests that went to "_others".
  int64_t folded() const { return folded_; }

 private:
  // False: there is no such group.
  bool Update(const UsageGroup& group, const admin::v1::UsageSums& sums);
  void Insert(const UsageGroup& group, const admin::v1::UsageSums& sums);
  // How many groups its hour and node have.
  int64_t& GroupsBeside(const UsageGroup& group);

  SQLite::Statement update_;
  SQLite::Statement insert_;
  SQLite::Statement count_;
  std::map<std::pair<int64_t, std::string>, int64_t> groups_;
  int64_t folded_ = 0;
};

}  // namespace sluice::store
