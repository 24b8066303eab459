// The provider instances that cases may name. All but those that must fail lead to the one raw
// provider.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

struct ProviderRow {
  std::string name;
  std::string preset;
  // {UPSTREAM} and the other placeholders of its address are filled in by world.cc.
  std::string base_url;
  std::string key = "";              // empty: none is added
  std::string credential_name = "";  // the header that carries the key
  std::string credential_scheme = "";
  std::vector<std::string> args = {};  // more for `provider create`
  std::vector<std::string> presets_own =
      {};  // fields that its preset adds where a client sent none
};

const std::vector<ProviderRow>& ProviderRows();
// The row must be there.
const ProviderRow& ProviderNamed(std::string_view name);
// "Authorization: Bearer sk-..." without a line end; empty if the provider takes none.
std::string CredentialLine(const ProviderRow& row);

}  // namespace sluice::test
