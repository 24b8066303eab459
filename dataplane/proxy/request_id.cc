#include "dataplane/proxy/request_id.h"

#include "common/crypto/digest.h"

namespace sluice::proxy {

RequestIds::RequestIds() : prefix_("req_" + crypto::RandomBase32(16)) {}

std::string RequestIds::Next() {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr size_t kDigits = 10;
  std::string id = prefix_;
  id.resize(prefix_.size() + kDigits);
  uint64_t rest = next_++;
  for (size_t i = id.size(); i > prefix_.size(); --i) {
    id[i - 1] = kAlphabet[rest & 31];
    rest >>= 5;
  }
  return id;
}

}  // namespace sluice::proxy
