// Tells TSan what absl::Mutex, CondVar and Notification put in order. Debian builds that library
// without TSan, so its locks are invisible, and everything they guard would look like a race.
//
// Part of every program of a TSan build: the functions below stand in front of the library's own.
#include <dlfcn.h>

#include <cstdint>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

template <typename Function>
Function* Next(const char* symbol) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
}

// An unlocking thread evaluates the conditions of those that wait, while it still has the lock.
class ConditionsOfOthers {
 public:
  ConditionsOfOthers() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~ConditionsOfOthers() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// An absl::Duration or absl::Time as the calling convention passes it.
struct TwoWords {
  int64_t high;
  uint64_t low;
};

// `call` gives the mutex up while it waits, and has it again at its end.
template <typename Call>
auto Waiting(void* mutex, Call call) {
  __tsan_release(mutex);
  const ConditionsOfOthers scope;
  auto result = call();
  __tsan_acquire(mutex);
  return result;
}

template <typename Call>
void WaitingVoid(void* mutex, Call call) {
  Waiting(mutex, [&] {
    call();
    return 0;
  });
}

}  // namespace

#define SLUICE_NEXT(symbol, ...) static auto* const next = Next<__VA_ARGS__>(#symbol)

#define SLUICE_LOCKING(symbol)         \
  extern "C" void symbol(void* self) { \
    SLUICE_NEXT(symbol, void(void*));  \
    next(self);                        \
    __tsan_acquire(self);              \
  }

#define SLUICE_UNLOCKING(symbol)       \
  extern "C" void symbol(void* self) { \
    SLUICE_NEXT(symbol, void(void*));  \
    __tsan_release(self);              \
    const ConditionsOfOthers scope;    \
    next(self);                        \
  }

#define SLUICE_AWAITING_UNTIL(symbol)                                         \
  extern "C" bool symbol(void* self, const void* condition, TwoWords until) { \
    SLUICE_NEXT(symbol, bool(void*, const void*, TwoWords));                  \
    return Waiting(self, [&] { return next(self, condition, until); });       \
  }

SLUICE_LOCKING(_ZN4absl7debian35Mutex4LockEv)
SLUICE_LOCKING(_ZN4absl7debian35Mutex10ReaderLockEv)
SLUICE_UNLOCKING(_ZN4absl7debian35Mutex6UnlockEv)
SLUICE_UNLOCKING(_ZN4absl7debian35Mutex12ReaderUnlockEv)
SLUICE_UNLOCKING(_ZN4absl7debian312Notification6NotifyEv)
SLUICE_LOCKING(_ZNK4absl7debian312Notification19WaitForNotificationEv)
SLUICE_AWAITING_UNTIL(_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE)
SLUICE_AWAITING_UNTIL(_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE)

extern "C" bool _ZN4absl7debian35Mutex7TryLockEv(void* self) {
  SLUICE_NEXT(_ZN4absl7debian35Mutex7TryLockEv, bool(void*));
  const bool locked = next(self);
  if (locked) __tsan_acquire(self);
  return locked;
}

extern "C" void _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE(void* self, const void* condition) {
  SLUICE_NEXT(_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, void(void*, const void*));
  WaitingVoid(self, [&] { next(self, condition); });
}

extern "C" void _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(void* self, void* mutex) {
  SLUICE_NEXT(_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, void(void*, void*));
  WaitingVoid(mutex, [&] { next(self, mutex); });
}

extern "C" bool _ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE(
    void* self, void* mutex, TwoWords limit) {
  SLUICE_NEXT(_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE,
              bool(void*, void*, TwoWords));
  return Waiting(mutex, [&] { return next(self, mutex, limit); });
}
