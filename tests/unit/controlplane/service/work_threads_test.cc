#include "controlplane/service/work_threads.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace sluice::service {
namespace {

TEST(WorkThreadsTest, RunsWhatWasPostedBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    WorkThreads threads(3, 1000);
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(threads.Post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkThreadsTest, BeyondItsBoundItRefuses) {
  absl::Notification started;
  absl::Notification go;
  std::atomic<int> ran{0};
  {
    WorkThreads threads(1, 2);
    ASSERT_TRUE(threads.Post([&] {
      started.Notify();
      go.WaitForNotification();
    }));
    started.WaitForNotification();
    EXPECT_TRUE(threads.Post([&] { ++ran; }));
    EXPECT_TRUE(threads.Post([&] { ++ran; }));
    EXPECT_EQ(threads.waiting(), 2u);
    EXPECT_FALSE(threads.Post([&] { ++ran; }));
    go.Notify();
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace sluice::service
