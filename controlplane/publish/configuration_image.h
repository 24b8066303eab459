// One revision of the configuration, encoded once, in the pieces in which every stream sends it.
//
// Immutable and shared by all streams. It holds the provider keys in the clear, which is what the
// data planes are sent, so its bytes are wiped when the last stream lets go of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/secret.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::publish {

// A serialised fleet.v1.ControlMessage.
using EncodedMessage = std::shared_ptr<const base::Secret>;

inline constexpr size_t kPieceBytes = size_t{1} << 20;

class ConfigurationImage {
 public:
  // Wipes the secrets of `configuration`.
  static std::shared_ptr<const ConfigurationImage> Encode(std::string epoch, int64_t revision,
                                                          config::v1::Configuration configuration);

  const std::string& epoch() const { return epoch_; }
  int64_t revision() const { return revision_; }
  const std::string& hash() const { return hash_; }
  // Of the whole serialisation.
  size_t size() const { return size_; }
  // Each a Snapshot with at most kPieceBytes; at least one.
  const std::vector<EncodedMessage>& pieces() const { return pieces_; }

 private:
  ConfigurationImage(std::string epoch, int64_t revision, const base::Secret& bytes);

  std::string epoch_;
  int64_t revision_;
  std::string hash_;
  size_t size_;
  std::vector<EncodedMessage> pieces_;
};

EncodedMessage EncodeUpToDate(int64_t revision);
EncodedMessage EncodeAccept(const ConfigurationImage& image);

}  // namespace sluice::publish
