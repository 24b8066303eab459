#include "controlplane/publish/configuration_image.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/crypto/digest.h"
#include "common/wire/canonical.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {
namespace {

void WipeSecrets(config::v1::Configuration* configuration) {
  for (auto& entry : *configuration->mutable_provider_keys()) {
    base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
  }
}

EncodedMessage Encoded(const fleet::v1::ControlMessage& message) {
  return std::make_shared<const base::Secret>(message.SerializeAsString());
}

}  // namespace

std::shared_ptr<const ConfigurationImage> ConfigurationImage::Encode(
    std::string epoch, int64_t revision, config::v1::Configuration configuration) {
  wire::Canonicalise(&configuration);
  const base::Secret bytes(wire::SerializeCanonical(configuration));
  WipeSecrets(&configuration);
  return std::shared_ptr<const ConfigurationImage>(
      new ConfigurationImage(std::move(epoch), revision, bytes));
}

ConfigurationImage::ConfigurationImage(std::string epoch, int64_t revision,
                                       const base::Secret& bytes)
    : epoch_(std::move(epoch)),
      revision_(revision),
      hash_(crypto::Sha256Bytes(bytes.Reveal())),
      size_(bytes.Reveal().size()) {
  const size_t count = std::max<size_t>(1, (size_ + kPieceBytes - 1) / kPieceBytes);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view piece = bytes.Reveal().substr(i * kPieceBytes, kPieceBytes);
    fleet::v1::ControlMessage message;
    fleet::v1::Snapshot* snapshot = message.mutable_snapshot();
    snapshot->set_epoch(epoch_);
    snapshot->set_revision(revision_);
    snapshot->set_hash(hash_);
    snapshot->set_chunk(static_cast<int32_t>(i));
    snapshot->set_chunk_count(static_cast<int32_t>(count));
    snapshot->set_bytes(piece.data(), piece.size());
    pieces_.push_back(Encoded(message));
    base::Wipe(snapshot->mutable_bytes()->data(), snapshot->bytes().size());
  }
}

EncodedMessage EncodeUpToDate(int64_t revision) {
  fleet::v1::ControlMessage message;
  message.mutable_up_to_date()->set_revision(revision);
  return Encoded(message);
}

EncodedMessage EncodeAccept(const ConfigurationImage& image) {
  fleet::v1::ControlMessage message;
  message.mutable_accept()->set_epoch(image.epoch());
  message.mutable_accept()->set_revision(image.revision());
  return Encoded(message);
}

}  // namespace sluice::publish
