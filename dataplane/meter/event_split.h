// Takes server-sent events apart as they arrive and hands the text of their `data` fields on, piece
// by piece; holds none of it. Lines may end in CR LF, LF or CR. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::meter {

class EventSplit {
 public:
  class Reader {
   public:
    // More of the data of the event under way. Lines of data are joined by one line feed.
    virtual void OnData(std::string_view bytes) = 0;
    virtual void OnEventEnd() = 0;

   protected:
    ~Reader() = default;
  };

  // It outlives this.
  explicit EventSplit(Reader& reader) : reader_(reader) {}

  void Feed(std::string_view bytes);
  // An event whose data began with `[DONE]` has been seen.
  bool saw_done() const { return saw_done_; }

 private:
  enum class State : uint8_t {
    kLineStart,  // or within what may become "data:"
    kDataSpace,  // after "data:": one space is left out
    kData,
    kOtherField,  // or a comment
  };

  const char* TakeName(const char* at, const char* end);
  const char* TakeRest(const char* at, const char* end);
  void TakeData(const char* at, const char* end);
  void EndLine(char c);

  Reader& reader_;
  State state_ = State::kLineStart;
  uint8_t name_at_ = 0;    // bytes of "data:" so far
  uint8_t done_at_ = 0;    // bytes of "[DONE]" so far, from the first of the event's data
  bool any_data_ = false;  // the event has a line of data already
  bool after_return_ = false;
  bool saw_done_ = false;
};

}  // namespace sluice::meter
