// Whether a request carries the provider's credential as the provider wants it: below /as/PRESET/
// in exactly that preset's header and scheme and with no other credential beside it, elsewhere in
// any of the usual places.
#pragma once

#include <string>
#include <vector>

#include "tests/support/emulator/message.h"
#include "tests/support/emulator/route.h"

namespace sluice::emulator {

struct AuthVerdict {
  bool ok = true;
  bool path_ok = true;  // false: the preset has no such base path
  std::string reason;   // one sentence, if not ok
  std::string header;   // where the key stood
  std::string key;
  std::vector<std::string> flags;

  // The last four characters, or "none".
  std::string KeyTail() const;
};

// `accepted` empty: any key that begins with "sk-emulator".
AuthVerdict CheckAuth(const RequestHead& head, const Route& route,
                      const std::vector<std::string>& accepted);

}  // namespace sluice::emulator
