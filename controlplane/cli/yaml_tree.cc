#include "controlplane/cli/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxNodes = 4'000'000;

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

// How many bytes of `text` are one character of UTF-8 in its only right form; 0 if none are.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t size = byte(0) < 0x80            ? 1
                      : byte(0) >> 5 == 0b110   ? 2
                      : byte(0) >> 4 == 0b1110  ? 3
                      : byte(0) >> 3 == 0b11110 ? 4
                                                : 0;
  if (size == 0 || size > text.size()) return 0;
  uint32_t code = size == 1 ? byte(0) : byte(0) & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if (byte(i) >> 6 != 0b10) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kSmallest[size] || surrogate || code > 0x10ffff ? 0 : size;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// Builds the tree from the parser's events; the first problem is kept, and nothing after it.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_(std::move(file)) {}

  absl::Status status() const { return status_; }
  bool empty() const { return documents_ == 0; }
  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Refuse(mark, "a second document begins here, and there must be one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (CheckNode(mark, "", anchor)) Place(YamlNode(), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { RefuseAnchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!CheckNode(mark, tag, anchor)) return;
    if (!IsUtf8(value)) return Refuse(mark, "this text is not UTF-8");
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!";
    Place(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (CheckNode(mark, tag, anchor)) Open(YamlNode::Kind::kList, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (CheckNode(mark, tag, anchor)) Open(YamlNode::Kind::kMap, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlNode node;
    bool has_name = false;  // of a map: the next node is the value of its last entry
    std::set<std::string> names;
  };

  void Refuse(const YAML::Mark& mark, std::string_view problem) {
    if (!status_.ok()) return;
    status_ = absl::FailedPreconditionError(base::Cat(file_, ":", LineOf(mark), ": ", problem));
  }
  void RefuseAnchor(const YAML::Mark& mark) {
    Refuse(mark, "anchors and aliases (& and *) are not read: write the value out");
  }

  bool CheckNode(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) RefuseAnchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!") {
      Refuse(mark, "tags (!...) are not read: leave it out");
    }
    if (++nodes_ > kMaxNodes) Refuse(mark, "there are too many values");
    return status_.ok();
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (frames_.size() >= kMaxDepth) return Refuse(mark, "this is nested too deeply");
    if (!frames_.empty() && ExpectsName()) return Refuse(mark, "the name of a field must be text");
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = LineOf(mark);
    frames_.push_back(std::move(frame));
  }

  void Close() {
    if (!status_.ok()) return;
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    Attach(std::move(node));
  }

  bool ExpectsName() const {
    return frames_.back().node.kind == YamlNode::Kind::kMap && !frames_.back().has_name;
  }

  void Place(YamlNode node, const YAML::Mark& mark) {
    node.line = LineOf(mark);
    if (frames_.empty() || !ExpectsName()) return Attach(std::move(node));
    if (node.kind != YamlNode::Kind::kScalar) {
      return Refuse(mark, "the name of a field must be text");
    }
    Frame& frame = frames_.back();
    if (!frame.names.insert(node.text).second) {
      return Refuse(mark, base::Cat("the field \"", Printable(node.text), "\" is given twice"));
    }
    frame.node.entries.push_back({std::move(node.text), node.line, YamlNode()});
    frame.has_name = true;
  }

  void Attach(YamlNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.elements.push_back(std::move(node));
    } else {
      frame.node.entries.back().value = std::move(node);
      frame.has_name = false;
    }
  }

  const std::string file_;
  absl::Status status_;
  int documents_ = 0;
  size_t nodes_ = 0;
  std::vector<Frame> frames_;
  YamlNode root_;
};

}  // namespace

std::string_view KindOf(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNothing:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return node.quoted || !LooksTyped(node.text) ? "text" : "a number, true, false or null";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map of fields";
  }
  return "something else";
}

bool LooksTyped(std::string_view text) {
  static constexpr std::string_view kWords[] = {"true",  "True", "TRUE", "false", "False",
                                                "FALSE", "null", "Null", "NULL",  "~"};
  if (std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords)) return true;
  double number = 0;
  const bool has_digit = std::any_of(text.begin(), text.end(), absl::ascii_isdigit);
  return has_digit && absl::SimpleAtod(base::ToAbsl(text), &number);
}

absl::StatusOr<YamlNode> ParseYaml(std::string_view text, const std::string& file) {
  TreeBuilder builder(file);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (builder.status().ok() && parser.HandleNextDocument(builder)) continue;
  } catch (const YAML::Exception& error) {
    if (!builder.status().ok()) return builder.status();
    return absl::FailedPreconditionError(
        base::Cat(file, ":", LineOf(error.mark), ": this is not YAML: ", Printable(error.msg)));
  }
  if (!builder.status().ok()) return builder.status();
  if (builder.empty()) return absl::FailedPreconditionError(base::Cat(file, " holds nothing"));
  return builder.Take();
}

}  // namespace sluice::cli
