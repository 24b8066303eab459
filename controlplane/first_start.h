// Opens the database with its master key, and makes both where there is nothing yet.
//
// An existing database whose master key is missing or another one is refused before anything is
// written. A first start that was cut short is finished by the next: until the tokens are in the
// database and in their files, the setup counts as not done.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/store.h"

namespace sluice::controlplane {

struct StorePaths {
  std::string database;
  std::string master_key_file;

  // Beside the database.
  std::string AdminTokenFile() const;
  std::string JoinTokenFile() const;
  std::string SeedKeyFile() const;
};

// The meta value that tells whether a master key is the one of a database.
inline constexpr std::string_view kMasterKeyCheck = "key_check";

std::string FolderOf(const std::string& path);

struct OpenedStore {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<sealing::Sealer> sealer;
  base::Secret seed_key;
};

absl::StatusOr<OpenedStore> OpenOrCreateStore(const StorePaths& paths, const base::Clock& clock);

}  // namespace sluice::controlplane
