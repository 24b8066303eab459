// The master keys: 32 random bytes each, under which the data keys of everything secret in the
// database are wrapped. Whoever has the database without them has no provider key; who loses them,
// neither.
//
// There is more than one only while secrets move from one to the next: the newest, which stands
// last, seals; the others open what is not moved yet. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::sealing {

// The bytes of an id, which is public: they come from the key's hash and tell nothing of it.
inline constexpr size_t kMasterKeyIdBytes = 8;
// "mk_" and the bytes in hexadecimal.
std::string MasterKeyIdText(std::string_view id);

struct MasterKey {
  std::string id;  // kMasterKeyIdBytes
  base::Secret bytes;
};

class MasterKeys {
 public:
  // `key` must have crypto::kAeadKeyBytes.
  explicit MasterKeys(base::Secret key);
  MasterKeys(MasterKeys&&) = default;
  MasterKeys& operator=(MasterKeys&&) = default;

  // One key a line, in base64, the newest last; or 32 raw bytes. A space or comma is as good as a
  // line end. `source` begins the error's sentence, e.g. "the master key file x". InvalidArgument,
  // also for a key that stands there twice.
  static absl::StatusOr<MasterKeys> Parse(std::string_view text, const std::string& source);

  const MasterKey& newest() const { return keys_.back(); }
  const std::vector<MasterKey>& all() const { return keys_; }  // oldest first
  // Null if it is not there.
  const MasterKey* Find(std::string_view id) const;

 private:
  MasterKeys() = default;

  std::vector<MasterKey> keys_;
};

// NotFound if there is no such file; InvalidArgument names the path if it holds something else.
absl::StatusOr<MasterKeys> ReadMasterKeys(const std::string& path);

// Makes a file with a new one, as base64, mode 0600. AlreadyExists if there is a file of that name.
absl::StatusOr<MasterKeys> CreateMasterKey(const std::string& path);

}  // namespace sluice::sealing
