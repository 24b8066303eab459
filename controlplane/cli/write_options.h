// The options that every writing command has, and its end: the answer is printed first (it may hold
// a key that is shown only once), then comes --wait.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "controlplane/cli/session.h"

namespace sluice::cli {

// Only --wait, for a write that cannot depend on a revision.
void AddWait(CLI::App* command, std::string* wait);

struct WriteOptions {
  std::string wait;               // "" if not given
  std::string canary;             // "" if not given
  std::string canary_max_errors;  // "" if not given
  int64_t expected_revision = 0;
  CLI::Option* expected_revision_option = nullptr;

  void AddTo(CLI::App* command);

  // Into the request, and into the session what goes with the call.
  template <class Request>
  void Fill(Session& session, Request* request) const {
    session.SetCanary(canary, canary_max_errors);
    if (expected_revision_option->count() > 0) request->set_expected_revision(expected_revision);
  }
};

WriteOptions WaitOnly(const std::string& wait);

absl::Status AwaitIfAsked(Session& session, const WriteOptions& options, int64_t revision);

template <class Response>
absl::Status FinishWrite(Session& session, const WriteOptions& options, const Response& response,
                         const std::function<void(std::ostream&)>& as_table) {
  const absl::Status printed = session.Print(response, as_table);
  const absl::Status awaited = AwaitIfAsked(session, options, response.revision());
  return awaited.ok() ? printed : awaited;
}

}  // namespace sluice::cli
