#include "dataplane/meter/json_scan.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "dataplane/meter/byte_search.h"

namespace sluice::meter {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool IsScalarByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

}  // namespace

void JsonScan::Restart() {
  state_ = State::kOutside;
  depth_ = 0;
  skipped_ = 0;
}

void JsonScan::Feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) at = Step(at, end);
}

// Takes one byte or more.
const char* JsonScan::Step(const char* at, const char* end) {
  switch (state_) {
    case State::kOutsideText:
    case State::kSkipText:
      return SkipText(at, end);
    case State::kNameText:
    case State::kText:
      return TakeText(at, end);
    case State::kSkip:
      return Skip(at, end);
    case State::kScalar:
      return TakeScalar(at, end);
    case State::kOutsideEscape:
      state_ = State::kOutsideText;
      break;
    case State::kSkipEscape:
      state_ = State::kSkipText;
      break;
    case State::kNameEscape:
    case State::kEscape:
      TakeEscape(*at);
      break;
    case State::kFaulty:
      return PassFault(at, end);
    default:
      TakeStructure(*at);
  }
  return at + 1;
}

const char* JsonScan::PassFault(const char* at, const char* end) {
  if (fault_ends_ == FaultEnds::kNever) return end;
  at = std::find(at, end, '\n');
  if (at < end) Restart();
  return at;
}

const char* JsonScan::SkipText(const char* at, const char* end) {
  at = FindEither(at, end, '"', '\\');
  if (at == end) return end;
  const bool outside = state_ == State::kOutsideText;
  if (*at == '"') {
    state_ = outside ? State::kOutside : State::kSkip;
  } else {
    state_ = outside ? State::kOutsideEscape : State::kSkipEscape;
  }
  return at + 1;
}

const char* JsonScan::Skip(const char* at, const char* end) {
  for (; at < end; ++at) {
    switch (*at) {
      case '"':
        state_ = State::kSkipText;
        return at + 1;
      case '{':
      case '[':
        ++skipped_;
        break;
      case '}':
      case ']':
        if (--skipped_ > 0) break;
        state_ = State::kCommaOrClose;
        return at + 1;
      default:
        break;
    }
  }
  return end;
}

const char* JsonScan::TakeText(const char* at, const char* end) {
  const char* const stop = FindEither(at, end, '"', '\\');
  Keep(at, static_cast<size_t>(stop - at));
  if (stop == end) return end;
  const bool name = state_ == State::kNameText;
  if (*stop == '\\') {
    state_ = name ? State::kNameEscape : State::kEscape;
  } else if (name) {
    EndName();
  } else {
    EndText();
  }
  return stop + 1;
}

void JsonScan::TakeEscape(char c) {
  state_ = state_ == State::kNameEscape ? State::kNameText : State::kText;
  if (c == '"' || c == '\\' || c == '/') {
    Keep(&c, 1);
  } else {
    readable_ = false;
  }
}

const char* JsonScan::TakeScalar(const char* at, const char* end) {
  const char* const stop = std::find_if_not(at, end, IsScalarByte);
  Keep(at, static_cast<size_t>(stop - at));
  if (stop < end) EndScalar();
  return stop;
}

void JsonScan::TakeStructure(char c) {
  if (IsSpace(c)) return;
  switch (state_) {
    case State::kOutside:
      return TakeOutside(c);
    case State::kNameOrClose:
      if (c == '}') return Close();
      [[fallthrough]];
    case State::kName:
      if (c == '"') return BeginText(State::kNameText, true);
      break;
    case State::kColon:
      if (c != ':') break;
      state_ = State::kValue;
      return;
    case State::kValue:
      return BeginValue(c);
    case State::kCommaOrClose:
      if (c == '}') return Close();
      if (c != ',') break;
      state_ = State::kName;
      return;
    default:
      break;
  }
  Fault();
}

void JsonScan::TakeOutside(char c) {
  if (c == '{') return Open(0);
  if (c == '"') return BeginText(State::kOutsideText, false);
  const bool passes = c == '[' || c == ']' || c == ',' || IsScalarByte(c);
  // A byte order mark is in nobody's way.
  if (!passes && static_cast<unsigned char>(c) < 0x80) Fault();
}

void JsonScan::BeginValue(char c) {
  if (c == '"') return BeginText(State::kText, tag_ != 0);
  if (c == '{' && node_ != 0) return Open(node_);
  if (c == '{' || c == '[') {
    state_ = State::kSkip;
    skipped_ = 1;
    return;
  }
  if (!IsScalarByte(c)) return Fault();
  BeginText(State::kScalar, tag_ != 0);
  Keep(&c, 1);
}

void JsonScan::BeginText(State state, bool keep) {
  state_ = state;
  keeping_ = readable_ = keep;
  kept_size_ = 0;
}

void JsonScan::EndName() {
  state_ = State::kColon;
  node_ = tag_ = 0;
  if (!readable_) return;
  const uint8_t in = open_[depth_ - 1];
  for (const Watch& watch : watches_) {
    if (watch.in > in) return;
    if (watch.in != in || watch.name != kept()) continue;
    node_ = watch.node;
    tag_ = watch.tag;
    return;
  }
}

void JsonScan::EndText() {
  state_ = State::kCommaOrClose;
  if (readable_) reader_.OnValue(tag_, true, kept());
}

void JsonScan::EndScalar() {
  state_ = State::kCommaOrClose;
  if (readable_) reader_.OnValue(tag_, false, kept());
}

void JsonScan::Open(uint8_t node) {
  SLUICE_CHECK(depth_ < open_.size(), "a tree of watched names is deeper than it may be");
  open_[depth_++] = node;
  state_ = State::kNameOrClose;
}

void JsonScan::Close() {
  --depth_;
  state_ = depth_ == 0 ? State::kOutside : State::kCommaOrClose;
  if (depth_ == 0) reader_.OnObjectEnd();
}

void JsonScan::Keep(const char* at, size_t size) {
  if (!keeping_) return;
  if (size > kept_.size() - kept_size_) {
    keeping_ = readable_ = false;
    return;
  }
  std::memcpy(kept_.data() + kept_size_, at, size);
  kept_size_ += size;
}

}  // namespace sluice::meter
