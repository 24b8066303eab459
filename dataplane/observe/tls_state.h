// How the TLS of the data port fares, as /metrics shows it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::observe {

struct TlsState {
  struct Certificate {
    std::string file;
    double not_after_seconds = 0;  // since 1970
  };
  struct Handshakes {
    std::string end;
    uint64_t count = 0;
  };
  std::vector<Certificate> certificates;
  std::vector<Handshakes> handshakes;
  int64_t loads = 0;
  int64_t refusals = 0;
  bool refused = false;  // the files are not what is shown
};

}  // namespace sluice::observe
