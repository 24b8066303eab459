// What is stored, and what is to be stored instead: the two sides that a declaration is planned
// between. One thread, within one transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::ops {

class DeclaredState {
 public:
  static absl::StatusOr<DeclaredState> Load(const store::ResourceRows& rows);

  using Rows = std::map<std::string, store::ResourceRow>;  // by id

  const Rows& before(store::ResourceKind kind) const { return before_.at(kind); }
  const Rows& after(store::ResourceKind kind) const { return after_.at(kind); }
  // Null if there is none. Looks at what is to be.
  const store::ResourceRow* FindById(store::ResourceKind kind, std::string_view id) const;
  const store::ResourceRow* FindByName(store::ResourceKind kind, std::string_view name) const;

  void Put(store::ResourceRow row);
  void Erase(store::ResourceKind kind, const std::string& id) { after_.at(kind).erase(id); }

  // Every rule of the nodes, over all that is to be. InvalidArgument; DataLoss for a secret that
  // does not open.
  absl::Status Check(const sealing::Sealer& sealer) const;

 private:
  std::map<store::ResourceKind, Rows> before_;
  std::map<store::ResourceKind, Rows> after_;
  // Of what holds a name, to its id.
  std::map<store::ResourceKind, std::map<std::string, std::string, std::less<>>> names_;
};

}  // namespace sluice::ops
