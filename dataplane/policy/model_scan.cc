#include "dataplane/policy/model_scan.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "dataplane/http/header_list.h"
#include "dataplane/policy/percent_spelling.h"

namespace sluice::policy {
namespace {

constexpr size_t kMostKept = 256;
constexpr size_t kDeepest = 512;
constexpr size_t kLongestScalar = 64;
constexpr std::string_view kModel = "model";

constexpr std::string_view kNotJson = "its body is not a JSON object";
constexpr std::string_view kTwoModels = "its body names two";
constexpr std::string_view kNoText = "it is not a text";
constexpr std::string_view kTooLong = "it has more than 256 bytes";
constexpr std::string_view kTooDeep = "its body is nested too deeply";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[at]))) ++at;
    return at - from;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

bool IsScalar(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || IsNumber(text);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void ModelScan::Feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (!fault_.empty()) return;
    Take(c);
  }
}

void ModelScan::Take(char c) {
  if (text_ != Text::kNone) return TakeInText(c);
  if (in_scalar_) return TakeInScalar(c);
  if (!IsSpace(c)) TakeStructure(c);
}

void ModelScan::Keep(char byte) {
  if (text_ == Text::kOther) return;
  if (kept_.size() < kMostKept) {
    kept_.push_back(byte);
  } else {
    too_long_ = true;
  }
}

// As UTF-8.
void ModelScan::KeepCodePoint(uint32_t code) {
  const auto tail = [&](int shift) { Keep(static_cast<char>(0x80 | ((code >> shift) & 0x3f))); };
  if (code < 0x80) {
    Keep(static_cast<char>(code));
  } else if (code < 0x800) {
    Keep(static_cast<char>(0xc0 | (code >> 6)));
    tail(0);
  } else if (code < 0x10000) {
    Keep(static_cast<char>(0xe0 | (code >> 12)));
    tail(6);
    tail(0);
  } else {
    Keep(static_cast<char>(0xf0 | (code >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

void ModelScan::TakeInText(char c) {
  if (hex_left_ > 0) return TakeHex(c);
  if (escaped_) return TakeEscape(c);
  if (high_surrogate_ != 0 && c != '\\') return Fault(kNotJson);
  if (c == '"') return EndText();
  if (c == '\\') {
    escaped_ = true;
  } else if (static_cast<unsigned char>(c) < 0x20) {
    Fault(kNotJson);
  } else {
    Keep(c);
  }
}

void ModelScan::TakeEscape(char c) {
  escaped_ = false;
  if (c == 'u') {
    hex_left_ = 4;
    code_ = 0;
    return;
  }
  if (high_surrogate_ != 0) return Fault(kNotJson);
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
  const size_t at = kNames.find(c);
  if (at == std::string_view::npos) return Fault(kNotJson);
  Keep(kBytes[at]);
}

void ModelScan::TakeHex(char c) {
  const int value = HexValue(c);
  if (value < 0) return Fault(kNotJson);
  code_ = code_ * 16 + static_cast<uint32_t>(value);
  if (--hex_left_ > 0) return;
  const bool high = code_ >= 0xd800 && code_ < 0xdc00;
  const bool low = code_ >= 0xdc00 && code_ < 0xe000;
  if (low != (high_surrogate_ != 0)) return Fault(kNotJson);
  if (high) {
    high_surrogate_ = code_;
  } else if (low) {
    KeepCodePoint(0x10000 + ((high_surrogate_ - 0xd800) << 10) + (code_ - 0xdc00));
    high_surrogate_ = 0;
  } else {
    KeepCodePoint(code_);
  }
}

void ModelScan::TakeInScalar(char c) {
  const bool more =
      absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
  if (more) {
    scalar_.push_back(c);
    if (scalar_.size() > kLongestScalar) Fault(kNotJson);
    return;
  }
  in_scalar_ = false;
  if (!IsScalar(scalar_)) return Fault(kNotJson);
  EndValue();
  Take(c);
}

void ModelScan::TakeStructure(char c) {
  switch (expect_) {
    case Expect::kStart:
      return c == '{' ? Open(c) : Fault(kNotJson);
    case Expect::kNameOrClose:
      if (c == '}') return Close(c);
      [[fallthrough]];
    case Expect::kName:
      return c == '"' ? BeginText(Text::kName) : Fault(kNotJson);
    case Expect::kColon:
      if (c != ':') return Fault(kNotJson);
      expect_ = Expect::kValue;
      return;
    case Expect::kValueOrClose:
      if (c == ']') return Close(c);
      [[fallthrough]];
    case Expect::kValue:
      return BeginValue(c);
    case Expect::kCommaOrClose:
      if (c != ',') return Close(c);
      expect_ = open_.back() == '{' ? Expect::kName : Expect::kValue;
      return;
    case Expect::kEnd:
      return Fault(kNotJson);
  }
}

void ModelScan::BeginText(Text kind) {
  // Names count in the outermost object only.
  text_ = kind == Text::kName && !in_outermost() ? Text::kOther : kind;
  kept_.clear();
  too_long_ = false;
}

void ModelScan::EndText() {
  const Text ended = text_;
  const bool is_name = expect_ == Expect::kName || expect_ == Expect::kNameOrClose;
  text_ = Text::kNone;
  if (ended == Text::kModel) {
    if (too_long_) return Fault(kTooLong);
    model_ = kept_;
  }
  if (!is_name) return EndValue();
  expect_ = Expect::kColon;
  // Some providers read names without regard to case.
  value_is_model_ = ended == Text::kName && !too_long_ && http::NameEquals(kept_, kModel);
  if (!value_is_model_) return;
  if (seen_model_) return Fault(kTwoModels);
  seen_model_ = true;
}

void ModelScan::BeginValue(char c) {
  const bool model = value_is_model_;
  value_is_model_ = false;
  if (model && c != '"') return Fault(kNoText);
  if (c == '"') return BeginText(model ? Text::kModel : Text::kOther);
  if (c == '{' || c == '[') return Open(c);
  in_scalar_ = true;
  scalar_.clear();
  TakeInScalar(c);
}

void ModelScan::EndValue() { expect_ = Expect::kCommaOrClose; }

void ModelScan::Open(char c) {
  if (open_.size() == kDeepest) return Fault(kTooDeep);
  open_.push_back(c);
  expect_ = c == '{' ? Expect::kNameOrClose : Expect::kValueOrClose;
}

void ModelScan::Close(char c) {
  if (c != (open_.back() == '{' ? '}' : ']')) return Fault(kNotJson);
  open_.pop_back();
  expect_ = open_.empty() ? Expect::kEnd : Expect::kCommaOrClose;
}

std::optional<std::string> ModelInEndpoint(std::string_view endpoint) {
  for (const std::string_view folder :
       {std::string_view("models/"), std::string_view("tunedModels/")}) {
    for (size_t at = endpoint.find(folder); at != std::string_view::npos;
         at = endpoint.find(folder, at + 1)) {
      if (at > 0 && endpoint[at - 1] != '/') continue;
      const std::string_view rest = endpoint.substr(at + folder.size());
      const std::string_view name = rest.substr(0, rest.find_first_of("/:"));
      if (!name.empty()) return PercentDecoded(name);
    }
  }
  return std::nullopt;
}

}  // namespace sluice::policy
