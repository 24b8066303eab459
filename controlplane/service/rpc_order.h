// What orders the callbacks of one call: gRPC completes an operation after it was begun, on any
// thread. TSan cannot see that, because the library is built without it, so a build with TSan is
// told at both ends; any other build does nothing here.
#pragma once

#if defined(SLUICE_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace sluice::service {

// Before an operation of `call` is begun, which it is too when a call is taken up: all that was
// done until now is seen by the callbacks.
inline void BeforeOperation([[maybe_unused]] void* call) {
#if defined(SLUICE_TSAN)
  __tsan_release(call);
#endif
}

// First in each callback of `call`.
inline void AfterOperation([[maybe_unused]] void* call) {
#if defined(SLUICE_TSAN)
  __tsan_acquire(call);
#endif
}

}  // namespace sluice::service
