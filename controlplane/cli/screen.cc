#include "controlplane/cli/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/time/clock.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kHomeAndClear = "\x1b[H\x1b[2J";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr int kUsualHeight = 24;
constexpr int kLeastHeight = 10;

}  // namespace

Screen::Screen(const Terminal& terminal) : terminal_(terminal) {
  takes_keys_ = tcgetattr(terminal_.input_fd, &before_) == 0;
  if (takes_keys_) {
    // Keys come at once, and are not shown.
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(terminal_.input_fd, TCSANOW, &keys);
  }
  *terminal_.out << kHideCursor;
}

Screen::~Screen() {
  *terminal_.out << kShowCursor << std::flush;
  if (takes_keys_) tcsetattr(terminal_.input_fd, TCSANOW, &before_);
}

absl::Status Screen::Draw(std::string_view text) {
  *terminal_.out << kHomeAndClear << text << std::flush;
  if (!terminal_.out->good()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

bool Screen::Wait(absl::Duration time) {
  if (interruption_.came()) return false;
  if (takes_keys_) return WaitForKeys(time);
  return terminal_.pause(time) && !interruption_.came();
}

bool Screen::WaitForKeys(absl::Duration time) {
  const absl::Time end = absl::Now() + time;
  while (true) {
    const int64_t left =
        absl::ToInt64Milliseconds(absl::Ceil(end - absl::Now(), absl::Milliseconds(1)));
    pollfd fds[] = {{terminal_.input_fd, POLLIN, 0}, {interruption_.fd(), POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(std::max<int64_t>(0, left)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return true;
    if (fds[1].revents != 0) return false;
    char key = 0;
    // The end of the input is that of whoever could press a key.
    if (read(terminal_.input_fd, &key, 1) <= 0 || key == 'q' || key == 'Q') return false;
  }
}

int Screen::height() const {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return std::max(kLeastHeight, known ? static_cast<int>(size.ws_row) : kUsualHeight);
}

}  // namespace sluice::cli
