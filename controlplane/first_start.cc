#include "controlplane/first_start.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <optional>
#include <utility>
#include <vector>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/key_text.h"
#include "common/wire/seed.h"
#include "controlplane/master_key_source.h"
#include "controlplane/sealed_state.h"
#include "controlplane/sealing/master_keys.h"

namespace sluice::controlplane {
namespace {

using sealing::MasterKeys;

bool HoldsNothing(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) != 0 || found.st_size == 0;
}

void WarnOfOthersWhoRead(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || (found.st_mode & 077) == 0) return;
  spdlog::warn("the master key file {} can be read by other users: its mode should be 0600", path);
}

absl::StatusOr<MasterKeys> KeysForNewStore(const StorePaths& paths) {
  auto key = ReadMasterKeys(paths);
  if (key.ok() || !absl::IsNotFound(key.status())) return key;
  const std::string& path = paths.master_key_file;
  if (absl::Status status = base::MakeFolder(FolderOf(path)); !status.ok()) return status;
  key = sealing::CreateMasterKey(path);
  if (key.ok())
    spdlog::info("made a new master key: {} (keep a copy apart from the database)", path);
  return key;
}

absl::StatusOr<MasterKeys> KeysForExistingStore(const StorePaths& paths) {
  auto key = ReadMasterKeys(paths);
  if (key.ok() || !absl::IsNotFound(key.status())) return key;
  return absl::FailedPreconditionError(base::Cat(
      "the database ", paths.database, " exists, but its master key file ", paths.master_key_file,
      " does not: put the key back, or name its file with "
      "--master-key-file"));
}

absl::Status CheckKeys(store::Store& store, const sealing::Sealer& sealer,
                       const StorePaths& paths) {
  auto check = store.Meta(kMasterKeyCheck);
  if (!check.ok()) return check.status();
  SealedState state;
  state.title = base::Cat("database ", paths.database);
  state.check_value = *std::move(check);
  state.master_key_id = store.Meta(kMasterKeyId).value_or("");
  return store.InspectSecrets([&](const store::SecretRows& rows) {
    absl::Status status = rows.CheckHistory();
    if (!status.ok()) return status;
    auto counts = rows.Count(sealing::kSealedMark, sealing::kSealedPrefixBytes);
    if (!counts.ok()) return counts.status();
    state.counts = *std::move(counts);
    auto secrets = rows.InUse();
    if (!secrets.ok()) return secrets.status();
    state.secrets = *std::move(secrets);
    return CheckSealed(state, sealer, paths);
  });
}

// A database of before there were ids is told its own, so that it can be named when it is missing.
absl::Status KeepMasterKeyId(store::Store& store, const sealing::Sealer& sealer) {
  const auto check = store.Meta(kMasterKeyCheck);
  if (!check.ok()) return check.status();
  const sealing::MasterKey* maker = sealer.MakerOf(*check);
  if (maker == nullptr || store.Meta(kMasterKeyId).ok()) return absl::OkStatus();
  return store.Reseal({}, [&](store::SecretRows& rows) -> absl::StatusOr<std::string> {
    const absl::Status status = rows.PutMeta(std::string(kMasterKeyId), maker->id);
    if (!status.ok()) return status;
    return "";
  });
}

store::TokenRow RowOf(const crypto::NewKey& key, store::TokenKind kind, std::string name,
                      std::string role) {
  return {key.id, kind, std::move(name), std::move(role), key.sha256};
}

absl::Status WriteToken(const std::string& path, const crypto::NewKey& key) {
  const base::Secret line(base::Cat(key.text.Reveal(), "\n"));
  return base::WriteFileAtomically(path, line.Reveal(), 0600);
}

absl::Status FinishSetup(store::Store& store, const StorePaths& paths, const base::Clock& clock) {
  auto complete = store.SetupIsComplete();
  if (!complete.ok()) return complete.status();
  if (*complete) return absl::OkStatus();
  const crypto::NewKey admin = crypto::MintKey(crypto::kAdminTokenPrefix);
  const crypto::NewKey join = crypto::MintKey(crypto::kJoinTokenPrefix);
  const std::vector<store::TokenRow> tokens = {
      RowOf(admin, store::TokenKind::kAdmin, "owner", "owner"),
      RowOf(join, store::TokenKind::kJoin, "join", "node")};
  absl::Status status = store.FinishSetup(tokens, clock.Now(), [&] {
    absl::Status written = WriteToken(paths.AdminTokenFile(), admin);
    return written.ok() ? WriteToken(paths.JoinTokenFile(), join) : written;
  });
  if (status.ok()) {
    spdlog::info("wrote the owner's admin token to {} and a join token for data planes to {}",
                 paths.AdminTokenFile(), paths.JoinTokenFile());
  }
  return status;
}

absl::StatusOr<base::Secret> LoadOrMakeSeedKey(const std::string& path) {
  auto key = wire::ReadSeedKey(path);
  if (absl::IsNotFound(key.status())) {
    key = wire::CreateSeedKey(path);
    if (key.ok()) spdlog::info("made a new seed key: {}", path);
    return key;
  }
  if (absl::IsInvalidArgument(key.status())) {
    return absl::FailedPreconditionError(
        base::Cat(base::ToStd(key.status().message()),
                  ": restore it, or remove it to have another one made"));
  }
  return key;
}

// What has to be there once the database and its key are.
absl::StatusOr<OpenedStore> FinishOpening(std::unique_ptr<store::Store> store,
                                          std::unique_ptr<sealing::Sealer> sealer,
                                          const StorePaths& paths, const base::Clock& clock) {
  if (absl::Status status = FinishSetup(*store, paths, clock); !status.ok()) return status;
  auto seed_key = LoadOrMakeSeedKey(paths.SeedKeyFile());
  if (!seed_key.ok()) return seed_key.status();
  return OpenedStore{std::move(store), std::move(sealer), *std::move(seed_key)};
}

absl::StatusOr<OpenedStore> CreateNew(std::unique_ptr<store::Store> store, MasterKeys keys,
                                      const StorePaths& paths, const base::Clock& clock) {
  auto sealer = std::make_unique<sealing::Sealer>(std::move(keys));
  absl::Status status = store->Create({{std::string(kMasterKeyCheck), sealer->MakeCheckValue()},
                                       {std::string(kMasterKeyId), sealer->keys().newest().id}},
                                      clock.Now());
  if (!status.ok()) return status;
  auto opened = FinishOpening(std::move(store), std::move(sealer), paths, clock);
  if (opened.ok()) spdlog::info("made a new database: {}", paths.database);
  return opened;
}

absl::StatusOr<OpenedStore> UseExisting(std::unique_ptr<store::Store> store,
                                        const StorePaths& paths, const base::Clock& clock) {
  auto keys = KeysForExistingStore(paths);
  if (!keys.ok()) return keys.status();
  auto sealer = std::make_unique<sealing::Sealer>(*std::move(keys));
  absl::Status status = CheckKeys(*store, *sealer, paths);
  if (status.ok()) status = store->Migrate();
  if (status.ok()) status = KeepMasterKeyId(*store, *sealer);
  if (!status.ok()) return status;
  auto opened = FinishOpening(std::move(store), std::move(sealer), paths, clock);
  if (opened.ok() && paths.master_key_text == nullptr) WarnOfOthersWhoRead(paths.master_key_file);
  return opened;
}

}  // namespace

std::string StorePaths::AdminTokenFile() const { return FolderOf(database) + "/admin.token"; }
std::string StorePaths::JoinTokenFile() const { return FolderOf(database) + "/join.token"; }
std::string StorePaths::SeedKeyFile() const { return FolderOf(database) + "/seed.key"; }
std::string StorePaths::UsageFile() const { return FolderOf(database) + "/usage.db"; }

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<OpenedStore> OpenOrCreateStore(const StorePaths& paths, const base::Clock& clock) {
  if (absl::Status status = base::MakeFolder(FolderOf(paths.database)); !status.ok()) {
    return status;
  }
  // Before the database is touched: a key file that holds no key must leave no empty database
  // behind.
  std::optional<MasterKeys> keys;
  if (HoldsNothing(paths.database)) {
    auto made = KeysForNewStore(paths);
    if (!made.ok()) return made.status();
    keys = *std::move(made);
  }
  auto store = store::Store::Open(paths.database);
  if (!store.ok()) return store.status();
  if (!(*store)->is_new()) return UseExisting(*std::move(store), paths, clock);
  if (!keys.has_value()) {  // cut short between file and tables
    auto made = KeysForNewStore(paths);
    if (!made.ok()) return made.status();
    keys = *std::move(made);
  }
  return CreateNew(*std::move(store), *std::move(keys), paths, clock);
}

}  // namespace sluice::controlplane
