// The place where exceptions of libraries end: an exception out of a worker's callback would end
// the process.
#pragma once

#include <spdlog/spdlog.h>

#include <exception>

namespace sluice::edge {

// Runs `body`; false, with an error in the log, if it threw. `what` says what was being done.
template <typename Body>
bool Contain(const char* what, Body&& body) {
  try {
    body();
    return true;
  } catch (const std::exception& error) {
    spdlog::error("edge: {} failed: {}", what, error.what());
  } catch (...) {
    spdlog::error("edge: {} failed", what);
  }
  return false;
}

}  // namespace sluice::edge
