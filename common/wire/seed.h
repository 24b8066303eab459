// The configuration in a file from which a data plane can be born while no control plane is there:
// sealed under a key that control planes make (seed.key) and operators give to such nodes.
//
// A file is "sluice seed 1\n", then AES-256-GCM over the fields, each with its length before it.
// Pure, but for reading the key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::wire {

struct Seed {
  std::string epoch;
  int64_t revision = 0;
  std::string hash;     // as a Snapshot announces it
  std::string lineage;  // of the revision; may be empty
  base::Secret bytes;   // a serialised sluice.config.v1.Configuration: it holds provider keys
};

std::string SealSeed(const base::Secret& key, const Seed& seed);
// FailedPrecondition: no seed, or one of a newer release. DataLoss: damaged, cut, or sealed under
// another key. The sentence goes after the name of the file.
absl::StatusOr<Seed> OpenSeed(const base::Secret& key, std::string_view file);

// Of the file of a key: 32 bytes as base64 in a line, or raw. NotFound if there is none.
absl::StatusOr<base::Secret> ReadSeedKey(const std::string& path);
// Makes a new one, mode 0600, as base64.
absl::StatusOr<base::Secret> CreateSeedKey(const std::string& path);

}  // namespace sluice::wire
