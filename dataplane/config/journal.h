// The changes since a stored configuration, appended one by one: storing a change costs what
// changed, not what there is.
//
// A file is one format byte and the identity of the configuration it follows, then records: length
// in 4 bytes, lowest first, and AES-256-GCM over a stored form whose bytes are a serialised
// fleet.v1.Delta. A record is bound to its journal and to the hash of what it follows, so none can
// be left out, moved or taken from elsewhere. A record that is cut off at the end was never
// acknowledged: the process ended while it was written.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/secret.h"
#include "dataplane/config/stored_form.h"

namespace sluice::config {

class Journal {
 public:
  // `key` must outlive the object.
  Journal(std::string path, const base::Secret& key) : path_(std::move(path)), key_(key) {}
  ~Journal() { Close(); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  struct Contents {
    bool follows = false;  // it is a journal of that configuration
    std::vector<StoredForm> records;
    size_t good_bytes = 0;  // up to the end of the last of them
    // Why the rest cannot be used; empty: there is none, or it was cut off.
    std::string damage;
  };
  // What the file at `path` says of the configuration `identity` with `hash`.
  static Contents Read(const std::string& path, const base::Secret& key, std::string_view identity,
                       const std::string& hash);

  // Appends will go to the file as Read has found it, behind its last record.
  absl::Status Continue(std::string identity, size_t good_bytes);
  // Appends will go to a new file, which replaces the old one at the first.
  void Begin(std::string identity);
  // Durable when it returns. After an error nothing is appended until Begin.
  absl::Status Append(const std::string& former_hash, const ConfigurationStamp& stamp,
                      absl::Time saved_at, std::string_view delta);

  bool usable() const { return !identity_.empty(); }
  size_t bytes() const { return bytes_; }
  void Close();

 private:
  absl::Status Create();
  absl::Status Fail(std::string_view what);

  const std::string path_;
  const base::Secret& key_;
  std::string identity_;  // empty: not to be appended to
  int fd_ = -1;
  size_t bytes_ = 0;
};

}  // namespace sluice::config
