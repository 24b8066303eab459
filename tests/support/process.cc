#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "tests/support/temp_folder.h"

extern char** environ;

namespace sluice::test {
namespace {

constexpr std::chrono::milliseconds kGrace{5000};

absl::Status Failed(const std::string& what) {
  return absl::InternalError("cannot " + what + ": " + std::strerror(errno));
}

std::string NameOf(const std::string& variable) { return variable.substr(0, variable.find('=')); }

std::vector<std::string> Environment(const ProcessOptions& options) {
  std::vector<std::string> gone = options.unset;
  for (const std::string& variable : options.env) gone.push_back(NameOf(variable));
  std::vector<std::string> result;
  for (char** at = environ; *at != nullptr; ++at) {
    if (std::find(gone.begin(), gone.end(), NameOf(*at)) == gone.end()) result.emplace_back(*at);
  }
  result.insert(result.end(), options.env.begin(), options.env.end());
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

int OpenOutput(const std::string& path) {
  const char* name = path.empty() ? "/dev/null" : path.c_str();
  return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// A memory file: the program can take its time to read, and the parent need not feed it.
int OpenInput(const std::string& input) {
  if (input.empty()) return open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int fd = memfd_create("stdin", MFD_CLOEXEC);
  if (fd < 0) return fd;
  if (write(fd, input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      lseek(fd, 0, SEEK_SET) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

struct Child {
  const char* program;
  char** args;
  char** env;
  const char* folder;
  int input, output, error;
  pid_t parent;
};

// Between fork and exec: only calls that are safe there. Reports errno through `report`.
[[noreturn]] void RunChild(const Child& child, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool ready = getppid() == child.parent && dup2(child.input, 0) >= 0 &&
                     dup2(child.output, 1) >= 0 && dup2(child.error, 2) >= 0 &&
                     (*child.folder == '\0' || chdir(child.folder) == 0);
  if (ready) execve(child.program, child.args, child.env);
  const int error = errno;
  const ssize_t written = write(report, &error, sizeof error);
  _exit(written == sizeof error ? 127 : 126);
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const ProcessOptions& options) {
  std::vector<std::string> args = options.args;
  args.insert(args.begin(), options.program);
  std::vector<std::string> env = Environment(options);
  std::vector<char*> arg_pointers = Pointers(args);
  std::vector<char*> env_pointers = Pointers(env);
  const Fd input(OpenInput(options.input));
  const Fd output(OpenOutput(options.stdout_path));
  const Fd error(OpenOutput(options.stderr_path));
  if (input.get() < 0 || output.get() < 0 || error.get() < 0) {
    return Failed("open the standard files of " + options.program);
  }
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return Failed("make a pipe");
  Fd report_read(report[0]);
  Fd report_write(report[1]);
  const Child child{options.program.c_str(),
                    arg_pointers.data(),
                    env_pointers.data(),
                    options.working_folder.c_str(),
                    input.get(),
                    output.get(),
                    error.get(),
                    getpid()};
  const pid_t pid = fork();
  if (pid < 0) return Failed("fork");
  if (pid == 0) RunChild(child, report_write.get());
  report_write.Close();
  int child_error = 0;
  if (read(report_read.get(), &child_error, sizeof child_error) == sizeof child_error) {
    waitpid(pid, nullptr, 0);
    errno = child_error;
    return Failed("run " + options.program);
  }
  // By number: the header of glibc 2.36 declares pidfd_open for C only.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const absl::Status status = Failed("watch " + options.program);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return status;
  }
  return std::unique_ptr<Process>(new Process(pid, pidfd, options));
}

Process::Process(pid_t pid, int pidfd, const ProcessOptions& options)
    : pid_(pid),
      pidfd_(pidfd),
      stdout_path_(options.stdout_path),
      stderr_path_(options.stderr_path) {}

Process::~Process() {
  if (running()) {
    Continue();
    if (!Terminate(Deadline(kGrace))) Kill();
  }
  close(pidfd_);
}

bool Process::running() { return !Wait(Deadline(std::chrono::milliseconds(0))).has_value(); }

std::optional<int> Process::Wait(const Deadline& deadline) {
  while (!exit_code_) {
    pollfd ended{pidfd_, POLLIN, 0};
    const int ready = poll(&ended, 1, deadline.LeftMs());
    if (ready < 0 && errno == EINTR) continue;
    if (ready != 1) return std::nullopt;
    int status = 0;
    if (waitpid(pid_, &status, 0) == pid_) exit_code_ = ExitCode(status);
  }
  return exit_code_;
}

std::optional<int> Process::Terminate(const Deadline& deadline) {
  Signal(SIGTERM);
  return Wait(deadline);
}

void Process::Kill() {
  Signal(SIGKILL);
  Wait();
}

void Process::Stop() { Signal(SIGSTOP); }
void Process::Continue() { Signal(SIGCONT); }

void Process::Signal(int signal) {
  // Once waited for, the number may belong to another program.
  if (!exit_code_) kill(pid_, signal);
}

std::string Process::Stdout() const { return FileText(stdout_path_); }
std::string Process::Stderr() const { return FileText(stderr_path_); }

uint64_t Process::RssBytes() const {
  std::istringstream statm(FileText("/proc/" + std::to_string(pid_) + "/statm"));
  uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double Process::CpuSeconds() const {
  const std::string stat = FileText("/proc/" + std::to_string(pid_) + "/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

size_t Process::OpenFiles() const {
  std::error_code gone;
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid_) + "/fd", gone);
  return gone ? 0 : static_cast<size_t>(std::distance(begin(files), end(files)));
}

absl::StatusOr<Finished> RunProgram(ProcessOptions options, const Deadline& deadline) {
  const TempFolder folder;
  options.stdout_path = folder.File("stdout");
  options.stderr_path = folder.File("stderr");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  const auto exit_code = (*process)->Wait(deadline);
  if (!exit_code) {
    (*process)->Kill();
    return absl::DeadlineExceededError(options.program +
                                       " did not end in time; it said: " + (*process)->Stderr());
  }
  return Finished{*exit_code, (*process)->Stdout(), (*process)->Stderr()};
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace sluice::test
