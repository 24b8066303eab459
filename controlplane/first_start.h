// Opens the database with its master key, and makes both where there is nothing yet.
//
// An existing database is refused before anything is written if a master key of its is missing or
// another one, or a row of it was put back or moved. A first start that was cut short is finished
// by the next: until the tokens are in the database and in their files, the setup counts as not
// done.
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
  // The master keys themselves, instead; null: they are in the file.
  std::shared_ptr<const base::Secret> master_key_text = {};

  // Beside the database.
  std::string AdminTokenFile() const;
  std::string JoinTokenFile() const;
  std::string SeedKeyFile() const;
  std::string UsageFile() const;
};

// The meta value that tells whether a master key is the one of a database.
inline constexpr std::string_view kMasterKeyCheck = "key_check";
// The one that holds that key's public id.
inline constexpr std::string_view kMasterKeyId = "master_key_id";

std::string FolderOf(const std::string& path);

struct OpenedStore {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<sealing::Sealer> sealer;
  base::Secret seed_key;
};

absl::StatusOr<OpenedStore> OpenOrCreateStore(const StorePaths& paths, const base::Clock& clock);

}  // namespace sluice::controlplane
