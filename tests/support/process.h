// A program run by a test: its output goes to files, and it ends with the object at the latest, or
// with the thread that started it, so that a crashed test leaves nothing running.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/deadline.h"

namespace sluice::test {

struct ProcessOptions {
  std::string program;             // a path
  std::vector<std::string> args;   // without the program itself
  std::vector<std::string> env;    // "NAME=value", added to this process's own, or replacing there
  std::vector<std::string> unset;  // names not inherited
  std::string working_folder;      // empty: this process's
  std::string input;               // standard input, then its end
  std::string stdout_path;         // empty: /dev/null; appended to
  std::string stderr_path;         // likewise
};

class Process {
 public:
  // The error says why the program could not be run.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const ProcessOptions& options);
  // Asks it to end (SIGTERM), and kills it if it does not within five seconds.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // Its exit code, or 128 + the signal that ended it; absent if it still runs at the deadline.
  std::optional<int> Wait(const Deadline& deadline = Deadline());
  // SIGTERM, then as Wait().
  std::optional<int> Terminate(const Deadline& deadline = Deadline());
  // kill -9, and waits until it is gone.
  void Kill();
  void Stop();      // SIGSTOP
  void Continue();  // SIGCONT
  void Signal(int signal);

  std::string Stdout() const;
  std::string Stderr() const;
  // From /proc; 0 if it has ended.
  uint64_t RssBytes() const;
  double CpuSeconds() const;
  size_t OpenFiles() const;

 private:
  Process(pid_t pid, int pidfd, const ProcessOptions& options);

  const pid_t pid_;
  const int pidfd_;
  const std::string stdout_path_;
  const std::string stderr_path_;
  std::optional<int> exit_code_;
};

// Runs a program to its end.
struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};
// Its output goes to memory; `options` need no paths. DeadlineExceeded if it does not end in time,
// and then it is killed.
absl::StatusOr<Finished> RunProgram(ProcessOptions options, const Deadline& deadline = Deadline());

// The whole file; empty if there is none.
std::string FileText(const std::string& path);

}  // namespace sluice::test
