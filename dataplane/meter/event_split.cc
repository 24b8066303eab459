#include "dataplane/meter/event_split.h"

#include "dataplane/meter/byte_search.h"

namespace sluice::meter {
namespace {

constexpr std::string_view kDataName = "data:";
constexpr std::string_view kDone = "[DONE]";
constexpr uint8_t kNotDone = 0xff;

}  // namespace

void EventSplit::Feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) at = state_ == State::kLineStart ? TakeName(at, end) : TakeRest(at, end);
}

const char* EventSplit::TakeName(const char* at, const char* end) {
  for (; at < end; ++at) {
    // The line feed of a CR LF that has ended the line already.
    if (after_return_ && *at == '\n') {
      after_return_ = false;
      continue;
    }
    after_return_ = false;
    if (*at == '\n' || *at == '\r') {
      EndLine(*at);
    } else if (*at != kDataName[name_at_]) {
      state_ = State::kOtherField;
      return at;
    } else if (++name_at_ == kDataName.size()) {
      state_ = State::kDataSpace;
      return at + 1;
    }
  }
  return end;
}

const char* EventSplit::TakeRest(const char* at, const char* end) {
  const char* const stop = FindEither(at, end, '\n', '\r');
  if (state_ != State::kOtherField) {
    if (state_ == State::kDataSpace) {
      if (any_data_) reader_.OnData("\n");
      any_data_ = true;
      if (*at == ' ') ++at;
      state_ = State::kData;
    }
    TakeData(at, stop);
  }
  if (stop == end) return end;
  EndLine(*stop);
  return stop + 1;
}

void EventSplit::TakeData(const char* at, const char* end) {
  for (const char* c = at; c < end && done_at_ < kDone.size(); ++c) {
    done_at_ = *c == kDone[done_at_] ? done_at_ + 1 : kNotDone;
    saw_done_ = saw_done_ || done_at_ == kDone.size();
  }
  if (at < end) reader_.OnData({at, static_cast<size_t>(end - at)});
}

void EventSplit::EndLine(char c) {
  // Nothing but the line's end: the end of the event.
  if (state_ == State::kLineStart && name_at_ == 0) {
    if (any_data_) reader_.OnEventEnd();
    any_data_ = false;
    done_at_ = 0;
  }
  after_return_ = c == '\r';
  state_ = State::kLineStart;
  name_at_ = 0;
}

}  // namespace sluice::meter
