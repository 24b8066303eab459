#include "dataplane/proxy/model_peek.h"

#include <algorithm>

#include "common/base/text.h"

namespace sluice::proxy {
namespace {

constexpr uint8_t kModelTag = 1;
constexpr std::array<meter::JsonScan::Watch, 1> kWatches = {{{0, "model", 0, kModelTag}}};

}  // namespace

bool ModelPeek::CanRead(const http::RequestHead& head) {
  if (head.method != "POST" || !head.framing.has_body()) return false;
  const auto type = head.headers.Find("Content-Type");
  return type.has_value() &&
         http::NameEquals(base::Stripped(type->substr(0, type->find(';'))), "application/json");
}

ModelPeek::ModelPeek() : scan_(kWatches, meter::JsonScan::FaultEnds::kNever, *this) {}

void ModelPeek::Look(std::string_view bytes) {
  bytes = bytes.substr(0, left_);
  left_ -= bytes.size();
  scan_.Feed(bytes);
  if (size_ > 0 || ended_ || scan_.faulty()) left_ = 0;
}

// Of two the first.
void ModelPeek::OnValue(uint8_t, bool is_string, std::string_view text) {
  if (!is_string || ended_ || size_ > 0) return;
  size_ = std::min(text.size(), kMostBytes);
  std::copy_n(text.data(), size_, model_.data());
}

}  // namespace sluice::proxy
