#include "common/wire/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "common/base/check.h"
#include "common/crypto/digest.h"

namespace sluice::wire {
namespace {

template <typename Entries>
void SortByKeyId(Entries* entries) {
  std::stable_sort(
      entries->pointer_begin(), entries->pointer_end(),
      [](const auto* left, const auto* right) { return left->key().id() < right->key().id(); });
}

}  // namespace

void Canonicalise(config::v1::Configuration* configuration) {
  auto* providers = configuration->mutable_providers();
  std::stable_sort(
      providers->pointer_begin(), providers->pointer_end(),
      [](const auto* left, const auto* right) { return left->name() < right->name(); });
  SortByKeyId(configuration->mutable_provider_keys());
  SortByKeyId(configuration->mutable_client_keys());
}

std::string SerializeCanonical(const config::v1::Configuration& configuration) {
  std::string bytes;
  bytes.reserve(configuration.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  // Maps come out in the order of their keys.
  coded.SetSerializationDeterministic(true);
  SLUICE_CHECK(configuration.SerializeToCodedStream(&coded) && !coded.HadError(),
               "a configuration in memory cannot be serialised");
  coded.Trim();
  return bytes;
}

std::string HashOf(const std::string& canonical_bytes) {
  return crypto::Sha256Bytes(canonical_bytes);
}

}  // namespace sluice::wire
