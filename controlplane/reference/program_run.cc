#include "controlplane/reference/program_run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "common/base/text.h"

namespace sluice::reference {
namespace {

constexpr int kCannotRun = 127;
constexpr std::string_view kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string Title(const std::vector<std::string>& argv) {
  return base::Cat("the program ", base::Escaped(argv.front()));
}

std::vector<std::string> Environment() {
  std::vector<std::string> variables = {std::string(kPath), "LANG=C.UTF-8"};
  if (const char* home = getenv("HOME"); home != nullptr) {
    variables.push_back(base::Cat("HOME=", home));
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec of a process with threads: only what is safe in a signal handler.
[[noreturn]] void BecomeProgram(char** argv, char** environment, int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int nowhere = open("/dev/null", O_RDWR);
  const bool ready = nowhere >= 0 && dup2(nowhere, 0) == 0 && dup2(output, 1) == 1 &&
                     dup2(nowhere, 2) == 2 && syscall(SYS_close_range, 3U, ~0U, 0U) == 0;
  if (ready) execve(argv[0], argv, environment);
  _exit(kCannotRun);
}

// A child that is gone, with all it started, when this ends.
class Child {
 public:
  Child(pid_t pid, int pidfd, int output) : pid_(pid), pidfd_(pidfd), output_(output) {}
  ~Child() {
    // Before it is waited for: afterwards its number may be another's.
    kill(-pid_, SIGKILL);  // what the program may have left behind, too
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(pidfd_);
    close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // What it prints until it ends.
  absl::StatusOr<base::Secret> Output(const std::string& title, const RunLimits& limits) {
    const absl::Time deadline = absl::Now() + limits.limit;
    std::string bytes(limits.max_bytes + 1, '\0');
    const auto wiper = absl::MakeCleanup([&bytes] { base::Wipe(bytes.data(), bytes.size()); });
    size_t size = 0;
    bool open = true;
    while (open || !HasEnded()) {
      if (absl::Now() >= deadline) {
        return absl::DeadlineExceededError(base::Cat(
            title, " did not end within ", absl::FormatDuration(limits.limit), " and was killed"));
      }
      // The end of the program counts, not that of its output, which others may hold.
      const bool ended = Wait(open, deadline);
      while (open) {
        const ssize_t got = read(output_, bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN && !ended) break;
        if (got <= 0) open = false;
        if (got > 0) size += static_cast<size_t>(got);
        if (size > limits.max_bytes) {
          return absl::ResourceExhaustedError(base::Cat(title, " prints more than a key can have"));
        }
      }
    }
    base::Secret whole(std::string_view(bytes).substr(0, size));
    return whole;
  }

  // After Output.
  absl::Status End(const std::string& title) const {
    if (end_.si_code != CLD_EXITED) {
      return absl::FailedPreconditionError(
          base::Cat(title, " was ended by signal ", end_.si_status));
    }
    if (end_.si_status == 0) return absl::OkStatus();
    if (end_.si_status == kCannotRun) {
      return absl::FailedPreconditionError(base::Cat(title, " cannot be run"));
    }
    return absl::FailedPreconditionError(
        base::Cat(title, " ended with exit code ", end_.si_status));
  }

 private:
  // Whether it has ended, after something happened or at the deadline.
  bool Wait(bool open, absl::Time deadline) {
    pollfd events[2] = {{pidfd_, POLLIN, 0}, {open ? output_ : -1, POLLIN, 0}};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now()) + 1;
    poll(events, 2, static_cast<int>(left < 0 ? 0 : left));
    return (events[0].revents & POLLIN) != 0;
  }
  bool HasEnded() {
    const int found = waitid(P_PID, static_cast<id_t>(pid_), &end_, WEXITED | WNOHANG | WNOWAIT);
    return found == 0 && end_.si_pid == pid_;
  }

  const pid_t pid_;
  const int pidfd_;
  const int output_;
  siginfo_t end_ = {};
};

absl::Status CannotStart(const std::string& title) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::Cat("cannot start ", title));
}

}  // namespace

absl::StatusOr<base::Secret> RunProgram(const std::vector<std::string>& argv,
                                        const RunLimits& limits) {
  const std::string title = Title(argv);
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = Environment();
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> variable_pointers = Pointers(variables);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(title);
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(const_cast<char**>(argument_pointers.data()),
                  const_cast<char**>(variable_pointers.data()), ends[1]);
  }
  const absl::Status forked = pid < 0 ? CannotStart(title) : absl::OkStatus();
  close(ends[1]);
  if (!forked.ok()) {
    close(ends[0]);
    return forked;
  }
  setpgid(pid, pid);  // whichever of the two is first
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  Child child(pid, pidfd, ends[0]);
  if (pidfd < 0) return CannotStart(title);
  auto output = child.Output(title, limits);
  if (!output.ok()) return output;
  if (absl::Status status = child.End(title); !status.ok()) return status;
  return output;
}

}  // namespace sluice::reference
