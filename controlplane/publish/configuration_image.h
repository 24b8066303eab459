// Messages of the control plane as bytes, encoded once and shared by all streams that send them.
//
// Immutable. What holds the configuration holds provider keys in the clear, which is what the data
// planes are sent, so the bytes are wiped when the last stream lets go of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

// A serialised fleet.v1.ControlMessage.
using EncodedMessage = std::shared_ptr<const base::Secret>;

inline constexpr size_t kPieceBytes = size_t{1} << 20;

// What a node that has it says of it.
struct Head {
  std::string epoch;
  int64_t revision = 0;
  std::string hash;
  std::string lineage;
};
using HeadPtr = std::shared_ptr<const Head>;

// One revision as a whole, in pieces.
class ConfigurationImage {
 public:
  // `bytes`: the serialised Configuration. `required`: capabilities without which a node would not
  // understand it.
  ConfigurationImage(HeadPtr head, std::string_view bytes,
                     const std::vector<std::string>& required);

  const HeadPtr& head() const { return head_; }
  // Of the whole serialisation.
  size_t size() const { return size_; }
  // Each a Snapshot with at most kPieceBytes; at least one.
  const std::vector<EncodedMessage>& pieces() const { return pieces_; }

 private:
  HeadPtr head_;
  size_t size_;
  std::vector<EncodedMessage> pieces_;
};

EncodedMessage Encode(const fleet::v1::ControlMessage& message);
EncodedMessage EncodeUpToDate(int64_t revision);
EncodedMessage EncodeAccept(const Head& head);
EncodedMessage EncodeDrain(bool on);
EncodedMessage EncodeRetryLater(int64_t millis);
// The piece with `forked` set.
EncodedMessage AsForked(const EncodedMessage& piece);

}  // namespace sluice::publish
