#include "controlplane/publish/configuration_image.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace sluice::publish {

using fleet::v1::ControlMessage;

EncodedMessage Encode(const ControlMessage& message) {
  return std::make_shared<const base::Secret>(message.SerializeAsString());
}

ConfigurationImage::ConfigurationImage(HeadPtr head, std::string_view bytes,
                                       const std::vector<std::string>& required)
    : head_(std::move(head)), size_(bytes.size()) {
  const size_t count = std::max<size_t>(1, (size_ + kPieceBytes - 1) / kPieceBytes);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view piece = bytes.substr(i * kPieceBytes, kPieceBytes);
    ControlMessage message;
    fleet::v1::Snapshot* snapshot = message.mutable_snapshot();
    snapshot->set_epoch(head_->epoch);
    snapshot->set_revision(head_->revision);
    snapshot->set_hash(head_->hash);
    snapshot->set_lineage(head_->lineage);
    for (const std::string& name : required) snapshot->add_required_capabilities(name);
    snapshot->set_chunk(static_cast<int32_t>(i));
    snapshot->set_chunk_count(static_cast<int32_t>(count));
    snapshot->set_bytes(piece.data(), piece.size());
    pieces_.push_back(Encode(message));
    base::Wipe(snapshot->mutable_bytes()->data(), snapshot->bytes().size());
  }
}

EncodedMessage EncodeUpToDate(int64_t revision) {
  ControlMessage message;
  message.mutable_up_to_date()->set_revision(revision);
  return Encode(message);
}

EncodedMessage EncodeAccept(const Head& head) {
  ControlMessage message;
  message.mutable_accept()->set_epoch(head.epoch);
  message.mutable_accept()->set_revision(head.revision);
  return Encode(message);
}

EncodedMessage EncodeDrain(bool on) {
  ControlMessage message;
  message.mutable_drain()->set_on(on);
  return Encode(message);
}

EncodedMessage EncodeRetryLater(int64_t millis) {
  ControlMessage message;
  auto* after = message.mutable_retry_later()->mutable_after();
  after->set_seconds(millis / 1000);
  after->set_nanos(static_cast<int32_t>(millis % 1000 * 1'000'000));
  return Encode(message);
}

// Two messages in a row are read as one, their fields merged.
EncodedMessage AsForked(const EncodedMessage& piece) {
  ControlMessage mark;
  mark.mutable_snapshot()->set_forked(true);
  return std::make_shared<const base::Secret>(base::Cat(piece->Reveal(), mark.SerializeAsString()));
}

}  // namespace sluice::publish
