// A terminal of our own: keys, Ctrl-C, and that it is left as it was found.
#include "controlplane/cli/screen.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <sstream>

#include "tests/support/deadline.h"

namespace sluice::cli {
namespace {

class ScreenTest : public ::testing::Test {
 protected:
  ScreenTest() : keyboard_(posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_GE(keyboard_, 0);
    EXPECT_EQ(grantpt(keyboard_), 0);
    EXPECT_EQ(unlockpt(keyboard_), 0);
    terminal_.input_fd = open(ptsname(keyboard_), O_RDWR | O_NOCTTY);
    EXPECT_GE(terminal_.input_fd, 0);
    terminal_.out = &out_;
    terminal_.pause = [](absl::Duration) { return false; };
  }
  ~ScreenTest() override {
    close(terminal_.input_fd);
    close(keyboard_);
  }
  void Press(char key) { EXPECT_EQ(write(keyboard_, &key, 1), 1); }
  tcflag_t Modes() const {
    termios modes{};
    EXPECT_EQ(tcgetattr(terminal_.input_fd, &modes), 0);
    return modes.c_lflag & (ICANON | ECHO);
  }

  int keyboard_;
  std::ostringstream out_;
  Terminal terminal_;
};

TEST_F(ScreenTest, AKeyThatIsQEndsIt) {
  Screen screen(terminal_);
  EXPECT_TRUE(screen.Wait(absl::Milliseconds(1))) << "nobody has pressed one";
  Press('x');
  Press('q');
  EXPECT_FALSE(screen.Wait(absl::Hours(1)));
}

TEST_F(ScreenTest, TheTerminalIsPutBack) {
  const tcflag_t before = Modes();
  EXPECT_NE(before, 0u);
  {
    Screen screen(terminal_);
    EXPECT_EQ(Modes(), 0u) << "keys come at once, and are not shown";
    EXPECT_TRUE(screen.Draw("text").ok());
    EXPECT_GE(screen.height(), 10);
  }
  EXPECT_EQ(Modes(), before);
  EXPECT_EQ(out_.str(), "\x1b[?25l\x1b[H\x1b[2Jtext\x1b[?25h");
}

TEST_F(ScreenTest, CtrlCEndsItProperly) {
  Screen screen(terminal_);
  raise(SIGINT);
  EXPECT_FALSE(screen.Wait(absl::Hours(1)));
}

TEST_F(ScreenTest, ATerminalThatIsGoneEndsIt) {
  Screen screen(terminal_);
  close(keyboard_);
  EXPECT_FALSE(screen.Wait(absl::Hours(1)));
  keyboard_ = -1;
}

TEST_F(ScreenTest, NobodyWhoTakesTheTextIsAFailure) {
  Screen screen(terminal_);
  out_.setstate(std::ios::badbit);
  EXPECT_TRUE(absl::IsDataLoss(screen.Draw("text")));
  out_.clear();
}

TEST(InterruptionTest, WhatSigintDidBeforeItDoesAgain) {
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGINT, nullptr, &before), 0);
  {
    const Interruption interruption;
    EXPECT_FALSE(interruption.came());
    raise(SIGINT);
    raise(SIGINT);
    EXPECT_TRUE(interruption.came());
  }
  {
    const Interruption another;
    EXPECT_FALSE(another.came()) << "that was the other's";
  }
  struct sigaction after {};
  ASSERT_EQ(sigaction(SIGINT, nullptr, &after), 0);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST(InterruptionTest, SomebodyIsToldOnceAndOnAThreadOfItsOwn) {
  std::atomic<int> told{0};
  {
    const Interruption interruption([&told] { ++told; });
    raise(SIGINT);
    raise(SIGINT);
    EXPECT_TRUE(test::Eventually([&told] { return told > 0; }));
  }
  EXPECT_EQ(told, 1);
  {
    const Interruption interruption([&told] { ++told; });
  }
  EXPECT_EQ(told, 1) << "it never came";
}

}  // namespace
}  // namespace sluice::cli
