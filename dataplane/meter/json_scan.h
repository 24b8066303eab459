// Reads a few members out of JSON that arrives in pieces, and lets everything else run past. Holds
// at most kKeptBytes of it, whatever its size and depth. One thread.
//
// What is read is a tree of names (Watch). Inside what is not watched only strings and nesting are
// followed, so this is no checker: JSON that is wrong there may pass. Where it is watched, what is
// not JSON is a fault, and nothing more is read until Restart(). Duplicate names are told each
// time.
//
// Several values may follow each other, and arrays around them are looked through:
// newline-delimited JSON and one array of objects read like their objects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace sluice::meter {

class JsonScan {
 public:
  static constexpr size_t kKeptBytes = 160;
  static constexpr size_t kDeepestWatch = 6;

  // One name that is watched.
  struct Watch {
    uint8_t in;             // the node whose member it is; 0: of the outermost object
    std::string_view name;  // shorter than kKeptBytes
    uint8_t node;  // its value's members stand in this node, if it is an object; 0: none do
    uint8_t tag;   // its value is told by this tag, if it is no object or array; 0: it is not
  };
  class Reader {
   public:
    // A string without its quotes (\" \\ \/ resolved; with any other escape it is not told), or
    // a number, true, false or null as it is written. Up to kKeptBytes; longer ones are not told.
    virtual void OnValue(uint8_t tag, bool is_string, std::string_view text) = 0;
    // An outermost object is whole.
    virtual void OnObjectEnd() = 0;

   protected:
    ~Reader() = default;
  };

  // Where it begins anew after a fault.
  enum class FaultEnds { kNever, kAtLineEnd };

  // Both outlive it. `watches` makes a tree of at most kDeepestWatch levels, sorted by `in`.
  JsonScan(absl::Span<const Watch> watches, FaultEnds fault_ends, Reader& reader)
      : watches_(watches), fault_ends_(fault_ends), reader_(reader) {}

  void Feed(std::string_view bytes);
  // Forgets what was under way: the next byte is the first of a text.
  void Restart();

  // There has been a fault.
  bool faulty() const { return faulty_; }
  // Between two values, or before the first.
  bool idle() const { return state_ == State::kOutside; }

 private:
  enum class State : uint8_t {
    kOutside,      // of every object that is watched
    kOutsideText,  // in a string there
    kOutsideEscape,
    kNameOrClose,  // after {
    kName,         // after , in an object
    kNameText,
    kNameEscape,
    kColon,
    kValue,
    kText,
    kEscape,
    kScalar,
    kCommaOrClose,
    kSkip,  // in an object or array that is not watched
    kSkipText,
    kSkipEscape,
    kFaulty,
  };

  const char* Step(const char* at, const char* end);
  const char* TakeText(const char* at, const char* end);
  const char* TakeScalar(const char* at, const char* end);
  const char* PassFault(const char* at, const char* end);
  const char* Skip(const char* at, const char* end);
  const char* SkipText(const char* at, const char* end);
  void TakeStructure(char c);
  void TakeOutside(char c);
  void TakeEscape(char c);
  void BeginValue(char c);
  void BeginText(State state, bool keep);
  void EndName();
  void EndText();
  void EndScalar();
  void Open(uint8_t node);
  void Close();
  void Keep(const char* at, size_t size);
  void Fault() {
    state_ = State::kFaulty;
    faulty_ = true;
  }
  std::string_view kept() const { return {kept_.data(), kept_size_}; }

  const absl::Span<const Watch> watches_;
  const FaultEnds fault_ends_;
  Reader& reader_;
  State state_ = State::kOutside;
  bool faulty_ = false;
  bool keeping_ = false;   // of the text or scalar under way
  bool readable_ = false;  // what is kept is all of it
  uint8_t node_ = 0;       // of the value that follows the last name
  uint8_t tag_ = 0;
  uint8_t depth_ = 0;  // objects that are watched and open
  std::array<uint8_t, kDeepestWatch> open_{};
  uint64_t skipped_ = 0;  // objects and arrays that are open in kSkip
  size_t kept_size_ = 0;
  std::array<char, kKeptBytes> kept_;
};

}  // namespace sluice::meter
