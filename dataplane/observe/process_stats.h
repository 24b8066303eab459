// What the kernel says of this process. Reads /proc, which does not block. Any thread.
#pragma once

#include <cstdint>

namespace sluice::observe {

// 0 where the kernel does not say.
int64_t ResidentBytes();
int64_t OpenFileDescriptors();
int64_t MaxFileDescriptors();
double CpuSeconds();  // user and system

}  // namespace sluice::observe
