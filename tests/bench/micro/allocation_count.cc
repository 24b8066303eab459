// This file replaces operator new and operator delete of the whole program with ones that count.
// The forms for arrays, and those that do not throw, are not here: the standard's own lead to
// these.
#include "tests/bench/micro/allocation_count.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

namespace sluice::bench {
namespace {

thread_local Allocated so_far;

void Count(size_t bytes) {
  ++so_far.count;
  so_far.bytes += bytes;
}

void* CheckedBlock(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void* Allocate(size_t bytes) {
  Count(bytes);
  // For no bytes malloc may give null.
  return CheckedBlock(std::malloc(bytes == 0 ? 1 : bytes));
}

void* AllocateAligned(size_t bytes, std::align_val_t alignment) {
  Count(bytes);
  // Bytes in whole alignments, as aligned_alloc has it.
  const auto unit = static_cast<size_t>(alignment);
  const size_t rounded = (bytes + unit - 1) / unit * unit;
  return CheckedBlock(std::aligned_alloc(unit, rounded == 0 ? unit : rounded));
}

void* AllocateForOpenSsl(size_t bytes, const char*, int) {
  Count(bytes);
  return std::malloc(bytes);
}

void* ReallocateForOpenSsl(void* block, size_t bytes, const char*, int) {
  Count(bytes);
  return std::realloc(block, bytes);
}

void FreeForOpenSsl(void* block, const char*, int) { std::free(block); }

}  // namespace

Allocated AllocatedSoFar() { return so_far; }

bool CountOpenSsl() {
  return CRYPTO_set_mem_functions(AllocateForOpenSsl, ReallocateForOpenSsl, FreeForOpenSsl) == 1;
}

}  // namespace sluice::bench

void* operator new(size_t bytes) { return sluice::bench::Allocate(bytes); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return sluice::bench::AllocateAligned(bytes, alignment);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { std::free(block); }
