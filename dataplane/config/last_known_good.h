// The configuration on disk from which a node starts while its control plane is away.
//
// Files in the state folder, all mode 0600:
//   node.key                   32 random bytes, made at the first start; never leaves the machine
//   last_known_good            a configuration that was served
//   last_known_good.journal    what has changed since, appended (config/journal.h)
//   last_known_good.previous   the one before it, used when the newest cannot be read,
//   last_known_good.previous.journal   and what changed from there on
//
// A file is one format byte and AES-256-GCM over a stored form (config/stored_form.h), under
// node.key. Changed, cut or foreign files are refused with an error-level log line that names the
// file. A save writes a whole new file before it moves the old one aside, so at any instant of a
// crash the newest acknowledged configuration stands in one of the two. A change is appended to the
// journal, until the journal is as large as the configuration: then it is time for a save.
//
// A save that fails (disk full, folder gone) does not keep a configuration from being served and
// acknowledged: a revocation must not wait for a disk. Whoever saves logs it, shows it in metrics
// and /readyz, and tries again until it succeeds; until then a restart would come back with the
// configuration before.
//
// Used by one thread at a time: start-up, then the link's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "dataplane/config/held_configuration.h"
#include "dataplane/config/journal.h"

namespace sluice::config {

struct StoredConfiguration {
  // Of the last delta; where there is none of the configuration itself.
  ConfigurationStamp stamp;
  absl::Time saved_at = absl::InfinitePast();
  base::Secret bytes;  // a serialised sluice.config.v1.Configuration: it holds provider keys
  std::vector<base::Secret> deltas;  // serialised sluice.fleet.v1.Delta, in their order
};

class LastKnownGood {
 public:
  // Makes the folder and the node key where they are missing. `clock` must outlive the object. An
  // error names the file and what can be done about it.
  static absl::StatusOr<std::unique_ptr<LastKnownGood>> Open(const std::string& state_dir,
                                                             const base::Clock& clock);

  // The newest stored configuration that can be read and that `accept` takes; nullopt if there is
  // none. A file that is there and not used is logged at error level.
  std::optional<StoredConfiguration> Load(
      const std::function<absl::Status(const StoredConfiguration&)>& accept);

  // Replaces the stored configuration; the time comes from the clock. Blocks on the disk.
  absl::Status Save(const ConfigurationStamp& stamp, std::string_view bytes);
  // Whether Append can take the place of a Save: the stored configuration is the one that was
  // loaded or saved last, and the journal is not yet too long.
  bool CanAppend() const;
  // `delta` leads from what is stored to `stamp`. Blocks on the disk. After an error only a Save
  // helps.
  absl::Status Append(const ConfigurationStamp& stamp, std::string_view delta);

  // Of the configuration last loaded or saved; InfinitePast if there is none.
  absl::Time saved_at() const { return saved_at_; }

 private:
  struct File {
    StoredConfiguration stored;
    std::string base_hash;  // of `stored.bytes` alone
    std::string identity;
    size_t size = 0;
  };

  LastKnownGood(std::string state_dir, base::Secret node_key, const base::Clock& clock);
  absl::StatusOr<File> Read(const std::string& path) const;
  // Adds what the journal says; returns its length, or nothing if there is none to go on with.
  std::optional<size_t> AddJournal(File& file) const;
  absl::Status MoveAside();

  const std::string state_dir_;
  const std::string newest_path_;
  const std::string previous_path_;
  const std::string journal_path_;
  const std::string previous_journal_path_;
  const base::Secret node_key_;
  const base::Clock& clock_;
  absl::Time saved_at_ = absl::InfinitePast();
  // The newest file was read or written by this object, so it may take the place of the previous
  // one.
  bool newest_is_good_ = false;
  std::string stored_hash_;  // of what is stored, the journal included
  size_t newest_bytes_ = 0;
  Journal journal_;
};

}  // namespace sluice::config
