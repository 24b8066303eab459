// Who used what: from the names that people know to the ids that are stored, and back. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/store/store.h"
#include "controlplane/store/usage_store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class UsageOps {
 public:
  // All must outlive the object.
  UsageOps(store::Store& store, store::UsageStore& usage, const base::Clock& clock)
      : store_(store), usage_(usage), clock_(clock) {}

  // InvalidArgument and NotFound name the field.
  absl::StatusOr<admin::v1::QueryUsageResponse> Query(const admin::v1::QueryUsageRequest& request);
  absl::StatusOr<admin::v1::ListUsageRecordsResponse> List(
      const admin::v1::ListUsageRecordsRequest& request);

  // What somebody who watches live is to be sent.
  struct TailWish {
    std::vector<fleet::v1::TailFilter> filters;  // one of them must fit
    int lines_per_second = 0;
  };
  absl::StatusOr<TailWish> TailWishOf(const admin::v1::TailRequest& request);
  // Fills in the names of the client keys.
  absl::Status NameKeys(google::protobuf::RepeatedPtrField<admin::v1::Activity>* keys);

 private:
  absl::StatusOr<store::UsageSelection> SelectionOf(const admin::v1::UsageFilter& filter);
  // Ids of the client keys that are meant: a name means every key that has or had it.
  absl::StatusOr<std::vector<std::string>> KeyIds(
      const google::protobuf::RepeatedPtrField<std::string>& keys, std::string_view field);
  // By id; what is no client key's id is not there.
  absl::StatusOr<absl::flat_hash_map<std::string, std::string>> KeyNames(
      const std::vector<std::string>& ids);

  store::Store& store_;
  store::UsageStore& usage_;
  const base::Clock& clock_;
};

}  // namespace sluice::ops
