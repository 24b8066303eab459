#include "dataplane/observe/node_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"

namespace sluice::observe {

bool IsNodeId(std::string_view text) {
  if (text.empty() || text.size() > 63 || !absl::ascii_isalnum(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

absl::StatusOr<std::string> LoadOrMakeNodeId(const std::string& state_dir) {
  const std::string path = base::Cat(state_dir, "/node.id");
  const auto text = base::ReadFile(path, 4096);
  if (absl::IsNotFound(text.status())) {
    const std::string id = base::Cat("node-", crypto::RandomBase32(10));
    const absl::Status written = base::WriteFileAtomically(path, base::Cat(id, "\n"), 0644);
    if (!written.ok()) return written;
    return id;
  }
  if (!text.ok()) return text.status();
  const std::string_view id = base::Stripped(*text);
  if (!IsNodeId(id)) {
    return absl::FailedPreconditionError(base::Cat(
        path,
        " does not hold a node id (1 to 63 letters, digits, - _ .); remove it to get a new one"));
  }
  return std::string(id);
}

}  // namespace sluice::observe
