#include "controlplane/publish/node_message_check.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/text.h"

namespace sluice::publish {
namespace {

constexpr size_t kMaxIdBytes = 128;
constexpr size_t kMaxTextBytes = 256;
constexpr int kMaxLabels = 64;
constexpr int kMaxCapabilities = 256;
constexpr int kMaxRefusals = 32;
constexpr size_t kMaxRefusalBytes = 512;

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':';
}

bool IsShortText(std::string_view text) {
  return text.size() <= kMaxTextBytes &&
         std::none_of(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); });
}

absl::Status Refuse(std::string_view what) {
  return absl::InvalidArgumentError(base::Cat("the node's Hello: ", what));
}

}  // namespace

absl::Status CheckHello(const fleet::v1::Hello& hello) {
  const std::string& id = hello.node_id();
  if (id.empty() || id.size() > kMaxIdBytes || !std::all_of(id.begin(), id.end(), IsIdCharacter)) {
    return Refuse("node_id is not 1 to 128 of A-Z a-z 0-9 - _ . :");
  }
  if (!IsShortText(hello.build())) return Refuse("build is too long or not printable");
  if (!IsShortText(hello.epoch())) return Refuse("epoch is too long or not printable");
  if (hello.hash().size() > kMaxTextBytes) return Refuse("hash is too long");
  if (hello.revision() < 0) return Refuse("revision is below 0");
  if (hello.labels_size() > kMaxLabels) return Refuse("it has more than 64 labels");
  if (hello.capabilities_size() > kMaxCapabilities) {
    return Refuse("it has more than 256 capabilities");
  }
  for (const auto& [name, value] : hello.labels()) {
    if (!IsShortText(name) || !IsShortText(value)) {
      return Refuse("a label is too long or not printable");
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> RefusalLines(const fleet::v1::Nack& nack) {
  std::vector<std::string> lines;
  for (const auto& refusal : nack.refusals()) {
    if (static_cast<int>(lines.size()) == kMaxRefusals) break;
    std::string line = base::Escaped(refusal.resource().empty()
                                         ? refusal.reason()
                                         : base::Cat(refusal.resource(), ": ", refusal.reason()));
    if (line.size() > kMaxRefusalBytes) line.resize(kMaxRefusalBytes);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.push_back("the node gave no reason");
  return lines;
}

}  // namespace sluice::publish
