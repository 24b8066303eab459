// Reads the model out of a request's JSON body as it arrives: the text of the member "model" of the
// outermost object. Strict, since a provider may read differently what is not plain JSON: whatever
// could be taken in two ways is a fault. Keeps nothing of the body but that text. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

class ModelScan {
 public:
  // The next bytes. After a fault nothing more is looked at.
  void Feed(std::string_view bytes);

  // As soon as its text is complete. A later fault can still be that there are two.
  const std::optional<std::string>& model() const { return model_; }
  // Completes "the model of the request cannot be read: "; empty: none so far.
  std::string_view fault() const { return fault_; }
  // The object has ended.
  bool complete() const { return expect_ == Expect::kEnd; }

 private:
  enum class Expect {
    kStart,        // { and nothing else
    kNameOrClose,  // after {
    kName,         // after , in an object
    kColon,
    kValue,         // after : and after , in an array
    kValueOrClose,  // after [
    kCommaOrClose,
    kEnd,
  };
  enum class Text { kNone, kName, kModel, kOther };

  void Take(char c);
  void TakeInText(char c);
  void TakeEscape(char c);
  void TakeHex(char c);
  void TakeInScalar(char c);
  void TakeStructure(char c);
  void BeginText(Text kind);
  void EndText();
  void BeginValue(char c);
  void EndValue();
  void Open(char c);
  void Close(char c);
  void Keep(char byte);
  void KeepCodePoint(uint32_t code);
  void Fault(std::string_view what) { fault_ = what; }
  bool in_outermost() const { return open_.size() == 1; }

  Expect expect_ = Expect::kStart;
  std::vector<char> open_;  // { and [, outermost first
  Text text_ = Text::kNone;
  std::string kept_;       // of the text under way, up to a bound
  bool too_long_ = false;  // more of it was not kept
  bool escaped_ = false;   // after a backslash
  int hex_left_ = 0;       // digits of \u that are to come
  uint32_t code_ = 0;
  uint32_t high_surrogate_ = 0;
  bool in_scalar_ = false;  // a number, true, false or null
  std::string scalar_;
  bool value_is_model_ = false;  // the name before it was "model"
  bool seen_model_ = false;
  std::optional<std::string> model_;
  std::string_view fault_;
};

// The model that a path names: what follows `models/` or `tunedModels/` in a normalised endpoint,
// up to the next slash or colon.
std::optional<std::string> ModelInEndpoint(std::string_view endpoint);

}  // namespace sluice::policy
