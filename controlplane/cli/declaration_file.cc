#include "controlplane/cli/declaration_file.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "controlplane/cli/declared_fields.h"
#include "controlplane/cli/secret_input.h"
#include "controlplane/cli/text_input.h"
#include "controlplane/cli/yaml_tree.h"

namespace sluice::cli {
namespace {

using admin::v1::DeclaredClientKey;
using admin::v1::DeclaredJwtIssuer;
using admin::v1::DeclaredProviderKey;

constexpr size_t kMaxFileBytes = size_t{64} << 20;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

// Reads one file into a request.
class Reader {
 public:
  Reader(std::string file, std::string folder, const Terminal& terminal)
      : whole_{std::move(file), ""}, folder_(std::move(folder)), terminal_(terminal) {}

  absl::Status Read(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::kMap) {
      return whole_.Refuse(root.line, base::Cat("must be a map of settings, providers, "
                                                "provider_keys, client_keys and jwt_issuers, not ",
                                                KindOf(root)));
    }
    for (const YamlEntry& entry : root.entries) {
      if (absl::Status status = ReadPart(entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  DeclarationFile& result() { return result_; }

 private:
  using ReadElement = absl::Status (Reader::*)(const YamlNode&, const YamlPlace&);

  absl::Status ReadPart(const YamlEntry& entry) {
    const YamlPlace place = whole_.Field(entry.name);
    if (entry.name == "settings") return ReadSettings(entry.value, place);
    if (entry.name == "providers") {
      result_.has_providers = true;
      return ReadList(entry.value, place, &Reader::ReadProvider);
    }
    if (entry.name == "provider_keys") {
      result_.has_provider_keys = true;
      return ReadList(entry.value, place, &Reader::ReadProviderKey);
    }
    if (entry.name == "client_keys") {
      result_.has_client_keys = true;
      return ReadList(entry.value, place, &Reader::ReadClientKey);
    }
    if (entry.name == "jwt_issuers") {
      result_.has_jwt_issuers = true;
      return ReadList(entry.value, place, &Reader::ReadJwtIssuer);
    }
    return place.Refuse(entry.line,
                        "there is no such part (they are settings, providers, provider_keys, "
                        "client_keys and jwt_issuers)");
  }

  absl::Status ReadList(const YamlNode& node, const YamlPlace& place, ReadElement read) {
    if (node.kind != YamlNode::Kind::kList) {
      return place.Refuse(node.line, base::Cat("must be a list ([] for none), not ", KindOf(node)));
    }
    for (size_t i = 0; i < node.elements.size(); ++i) {
      const absl::Status status = (this->*read)(node.elements[i], place.Element(i));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // The rules of the nodes, told with the place in the file.
  static absl::Status Judge(const std::vector<wire::Violation>& violations, const YamlNode& node,
                            const YamlPlace& place) {
    const absl::Status status = wire::ToStatus(violations);
    return status.ok() ? status : place.Refuse(node.line, base::ToStd(status.message()));
  }

  absl::Status ReadSettings(const YamlNode& node, const YamlPlace& place) {
    auto* settings = result_.request.mutable_settings();
    const absl::Status status = ReadFields(node, place, {}, {}, settings);
    return status.ok() ? Judge(wire::CheckSettings(*settings), node, place) : status;
  }

  absl::Status ReadProvider(const YamlNode& node, const YamlPlace& place) {
    auto* provider = result_.request.add_providers();
    const absl::Status status = ReadFields(node, place, {}, {}, provider);
    return status.ok() ? Judge(wire::CheckProvider(*provider), node, place) : status;
  }

  absl::Status ReadProviderKey(const YamlNode& node, const YamlPlace& place) {
    absl::Status status = RefuseSecret(node, place, "secret");
    if (!status.ok()) return status;
    DeclaredProviderKey* key = result_.request.add_provider_keys();
    status = ReadFields(node, place, {"from_env", "from_file"}, {"secret"}, key);
    if (!status.ok()) return status;
    config::v1::ProviderKey checked;
    checked.set_provider(key->provider());
    checked.set_name(key->name());
    if (key->has_weight()) checked.set_weight(key->weight());
    status = Judge(wire::CheckProviderKey(checked), node, place);
    if (!status.ok()) return status;
    return FollowReference(node, place,
                           {base::Cat(key->provider(), "/", key->name()), "provider key",
                            key->mutable_secret(), [&checked](std::string_view secret) {
                              return wire::CheckProviderSecret(checked, secret);
                            }});
  }

  absl::Status ReadJwtIssuer(const YamlNode& node, const YamlPlace& place) {
    absl::Status status = RefuseSecret(node, place, "hs256_secret");
    if (!status.ok()) return status;
    DeclaredJwtIssuer* declared = result_.request.add_jwt_issuers();
    config::v1::JwtIssuer* issuer = declared->mutable_issuer();
    status = ReadFields(node, place, {"from_env", "from_file"}, {"created_at"}, issuer);
    if (status.ok()) status = Judge(wire::CheckJwtIssuer(*issuer), node, place);
    if (!status.ok()) return status;
    return FollowReference(
        node, place,
        {base::Cat("jwt issuer ", issuer->name()), "HS256 secret", declared->mutable_hs256_secret(),
         [issuer](std::string_view secret) { return wire::CheckJwtSecret(*issuer, secret); }});
  }

  static absl::Status RefuseSecret(const YamlNode& node, const YamlPlace& place,
                                   std::string_view field) {
    for (const YamlEntry& entry : node.entries) {
      if (entry.name != field) continue;
      return place.Field(field).Refuse(
          entry.line,
          "a secret never stands in the file: say where it is with from_env: VARIABLE or "
          "from_file: PATH, and replace this one, which others may have read");
    }
    return absl::OkStatus();
  }

  absl::Status ReadClientKey(const YamlNode& node, const YamlPlace& place) {
    DeclaredClientKey* declared = result_.request.add_client_keys();
    absl::Status status = ReadFields(node, place, {"sha256"},
                                     {"created_at", "revoked_at", "replaced_by", "cut_streams"},
                                     declared->mutable_key());
    if (!status.ok()) return status;
    YamlNode digest;
    digest.kind = YamlNode::Kind::kMap;
    digest.line = node.line;
    for (const YamlEntry& entry : node.entries) {
      if (entry.name == "sha256") digest.entries.push_back(entry);
    }
    status = ReadFields(digest, place, {}, {"key"}, declared);
    if (status.ok()) status = Judge(wire::CheckClientKey(declared->key()), node, place);
    return status;
  }

  // What a reference leads into.
  struct Owner {
    std::string title;
    std::string what;  // it is
    std::string* secret;
    std::function<std::vector<wire::Violation>(std::string_view)> check;
  };

  absl::Status FollowReference(const YamlNode& node, const YamlPlace& place, const Owner& owner) {
    const YamlEntry* reference = nullptr;
    for (const YamlEntry& entry : node.entries) {
      if (entry.name != "from_env" && entry.name != "from_file") continue;
      if (reference != nullptr) {
        return place.Refuse(entry.line, "from_env and from_file exclude each other");
      }
      reference = &entry;
    }
    if (reference == nullptr) return absl::OkStatus();
    const YamlPlace where = place.Field(reference->name);
    if (reference->value.kind != YamlNode::Kind::kScalar || reference->value.text.empty()) {
      return where.Refuse(reference->line, base::Cat("must be ", reference->name == "from_env"
                                                                     ? "the name of a variable"
                                                                     : "a path"));
    }
    return reference->name == "from_env" ? FromVariable(reference->value, where, owner)
                                         : FromFile(reference->value, where, owner);
  }

  absl::Status FromVariable(const YamlNode& node, const YamlPlace& place, const Owner& owner) {
    // Not shown: it may be the key itself, put there by mistake.
    if (!IsVariableName(node.text)) {
      return place.Refuse(node.line,
                          "takes the name of an environment variable, not the key itself");
    }
    if (!terminal_.environment(node.text).has_value()) {
      Unresolved(owner, base::Cat(node.text, " is not set"));
      return absl::OkStatus();
    }
    SecretSource source;
    source.variable = node.text;
    return TakeSecret(source, node, place, owner);
  }

  absl::Status FromFile(const YamlNode& node, const YamlPlace& place, const Owner& owner) {
    SecretSource source;
    source.file = node.text.starts_with("/") ? node.text : base::Cat(folder_, node.text);
    if (access(source.file.c_str(), F_OK) != 0 && errno == ENOENT) {
      Unresolved(owner, base::Cat("there is no file ", source.file));
      return absl::OkStatus();
    }
    return TakeSecret(source, node, place, owner);
  }

  absl::Status TakeSecret(SecretSource source, const YamlNode& node, const YamlPlace& place,
                          const Owner& owner) {
    source.what = owner.what;
    const absl::StatusOr<base::Secret> secret = ReadSecret(source, terminal_);
    if (!secret.ok()) return place.Refuse(node.line, base::ToStd(secret.status().message()));
    *owner.secret = secret->Reveal();
    return Judge(owner.check(*owner.secret), node, place);
  }

  void Unresolved(const Owner& owner, std::string_view why) {
    result_.unresolved.push_back(base::Cat(owner.title, " (", why, ")"));
  }

  const YamlPlace whole_;
  const std::string folder_;
  const Terminal& terminal_;
  DeclarationFile result_;
};

}  // namespace

absl::StatusOr<DeclarationFile> ReadDeclaration(const std::string& path, const Terminal& terminal) {
  const bool from_input = path == "-";
  const std::string file = from_input ? "standard input" : path;
  const absl::StatusOr<std::string> text = ReadTextInput(path, kMaxFileBytes, terminal);
  if (!text.ok()) return text.status();
  return ParseDeclaration(*text, file, from_input ? "" : FolderOf(path), terminal);
}

absl::StatusOr<DeclarationFile> ParseDeclaration(std::string_view text, const std::string& file,
                                                 const std::string& folder,
                                                 const Terminal& terminal) {
  const absl::StatusOr<YamlNode> root = ParseYaml(text, file);
  if (!root.ok()) return root.status();
  Reader reader(file, folder, terminal);
  if (absl::Status status = reader.Read(*root); !status.ok()) {
    WipeSecrets(&reader.result().request);
    return status;
  }
  return std::move(reader.result());
}

void WipeSecrets(admin::v1::ApplyConfigurationRequest* request) {
  for (DeclaredProviderKey& key : *request->mutable_provider_keys()) {
    base::Wipe(key.mutable_secret()->data(), key.secret().size());
  }
  for (DeclaredJwtIssuer& issuer : *request->mutable_jwt_issuers()) {
    base::Wipe(issuer.mutable_hs256_secret()->data(), issuer.hs256_secret().size());
  }
}

}  // namespace sluice::cli
