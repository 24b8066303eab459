// Undoes the compression of a copy, piece by piece: what comes out is looked at and thrown away.
//
// Bounded in every way: a decoder's memory by the kind of compression, all decoders' of a worker
// by a DecodingBudget, and its output, so that a bomb costs no more than an honest answer of its
// size would: at most kFreeBytes and kMostRatio times what went in, kMostBytes in all. At a bound
// it is the end; the copy is read no further. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "common/base/level.h"
#include "dataplane/meter/answer_form.h"

namespace sluice::meter {

// Of all decoders of one worker. One thread.
struct DecodingBudget {
  size_t limit = size_t{128} << 20;  // bytes
  size_t used = 0;
  base::Level* shown = nullptr;  // follows `used`, if there is one
};

class Decoder {
 public:
  static constexpr uint64_t kFreeBytes = uint64_t{1} << 20;
  static constexpr uint64_t kMostRatio = 200;
  static constexpr uint64_t kMostBytes = uint64_t{64} << 20;

  using Take = absl::FunctionRef<void(std::string_view bytes)>;

  // Null for kIdentity and kUnknown. `budget` outlives it.
  static std::unique_ptr<Decoder> For(Coding coding, DecodingBudget& budget);

  virtual ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // What comes of `bytes` goes to `take` before it returns. False: a bound, or no such compression;
  // it must not be called again.
  bool Decode(std::string_view bytes, Take take);
  size_t memory() const { return held_; }  // bytes, about

 protected:
  static constexpr size_t kPieceBytes = 16 * 1024;

  explicit Decoder(DecodingBudget& budget) : budget_(budget) {}

  // As Decode; what was written goes out by Emit.
  virtual bool Run(std::string_view bytes, Take take) = 0;
  // False: no more may come out.
  bool Emit(std::string_view decoded, Take take);
  // Its memory is `bytes` now. False: more than there is.
  bool Hold(size_t bytes);

 private:
  DecodingBudget& budget_;
  size_t held_ = 0;
  uint64_t in_ = 0;
  uint64_t out_ = 0;
};

}  // namespace sluice::meter
