// `sluicectl price`: what the models of a provider cost. A provider's own prices are a field of it,
// its preset's come with the release.
#include <memory>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/money.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ProviderService;
using config::v1::ModelPrice;
using config::v1::Provider;

// A provider, and the revision at which it was read.
struct Read {
  Provider provider;
  int64_t revision = 0;
};

absl::StatusOr<Read> Get(Session& session, const std::string& name) {
  admin::v1::ListProvidersResponse response;
  const absl::Status called = session.Call(&ProviderService::Stub::ListProviders,
                                           admin::v1::ListProvidersRequest(), &response);
  if (!called.ok()) return called;
  for (const Provider& provider : response.providers()) {
    if (provider.name() == name) return Read{provider, response.revision()};
  }
  return absl::NotFoundError(base::Cat("there is no provider \"", Printable(name), "\""));
}

absl::StatusOr<admin::v1::Preset> PresetOf(Session& session, const std::string& name) {
  admin::v1::ListPresetsResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::ListPresets, admin::v1::ListPresetsRequest(), &response);
  if (!called.ok()) return called;
  for (const admin::v1::Preset& preset : response.presets()) {
    if (preset.name() == name) return preset;
  }
  return admin::v1::Preset();
}

std::string Text(bool given, int64_t nanos) { return given ? DollarsText(nanos) : "-"; }

std::string ModelText(const ModelPrice& price) {
  std::string text = Printable(price.model());
  if (price.has_up_to_input_tokens()) {
    text += base::Cat(" (to ", price.up_to_input_tokens(), ")");
  }
  return text;
}

// What is not asked for at a token: each request, each minute of audio.
std::string OtherText(const ModelPrice& price) {
  std::string text;
  if (price.has_request_nanos()) text = base::Cat(DollarsText(price.request_nanos()), "/req");
  if (price.has_audio_minute_nanos()) {
    text += base::Cat(text.empty() ? "" : " ", DollarsText(price.audio_minute_nanos()), "/min");
  }
  return text.empty() ? "-" : text;
}

void AddRow(const ModelPrice& price, const char* from, Table* table) {
  table->AddRow({ModelText(price), from, Text(price.has_input_nanos(), price.input_nanos()),
                 Text(price.has_cached_input_nanos(), price.cached_input_nanos()),
                 Text(price.has_cache_write_nanos(), price.cache_write_nanos()),
                 Text(price.has_output_nanos(), price.output_nanos()), OtherText(price)});
}

absl::Status ListPrices(Session& session, const std::string& name) {
  const absl::StatusOr<Read> read = Get(session, name);
  if (!read.ok()) return read.status();
  const Provider& provider = read->provider;
  const absl::StatusOr<admin::v1::Preset> preset = PresetOf(session, provider.preset());
  if (!preset.ok()) return preset.status();
  // What data planes go by, in their order.
  Provider shown;
  shown.set_name(provider.name());
  shown.set_preset(provider.preset());
  *shown.mutable_prices() = provider.prices();
  shown.mutable_prices()->MergeFrom(preset->prices());
  const int own = provider.prices_size();
  return session.Print(shown, [&](std::ostream& out) {
    Table table({"MODEL", "FROM", "INPUT", "CACHED", "WRITTEN", "OUTPUT", "OTHER"});
    table.AlignRightFrom(2);
    for (int i = 0; i < shown.prices_size(); ++i) {
      AddRow(shown.prices(i), i < own ? "you" : "preset", &table);
    }
    table.Print(out);
    session.Note("US dollars for a million tokens; the first row that fits a model counts");
    if (!preset->prices().empty()) {
      session.Note(base::Cat("the preset's were looked up on ", Printable(preset->prices_as_of())));
    }
  });
}

struct SetOptions {
  std::string provider;
  std::string model;
  std::string input, cached_input, cache_write, output, reasoning, request, audio_minute;
  int64_t up_to = 0;
  WriteOptions write;
};

absl::Status FillPrice(const SetOptions& options, ModelPrice* price) {
  struct Amount {
    const char* option;
    const std::string& text;
    void (ModelPrice::*set)(int64_t);
  };
  const Amount amounts[] = {
      {"--input", options.input, &ModelPrice::set_input_nanos},
      {"--cached-input", options.cached_input, &ModelPrice::set_cached_input_nanos},
      {"--cache-write", options.cache_write, &ModelPrice::set_cache_write_nanos},
      {"--output", options.output, &ModelPrice::set_output_nanos},
      {"--reasoning", options.reasoning, &ModelPrice::set_reasoning_nanos},
      {"--request", options.request, &ModelPrice::set_request_nanos},
      {"--audio-minute", options.audio_minute, &ModelPrice::set_audio_minute_nanos},
  };
  price->set_model(options.model);
  bool any = false;
  for (const Amount& amount : amounts) {
    if (amount.text.empty()) continue;
    const absl::StatusOr<int64_t> nanos = ParseDollars(amount.text);
    if (!nanos.ok()) {
      return absl::InvalidArgumentError(
          base::Cat(amount.option, " ", base::ToStd(nanos.status().message())));
    }
    (price->*amount.set)(*nanos);
    any = true;
  }
  if (options.up_to != 0) price->set_up_to_input_tokens(options.up_to);
  if (any) return absl::OkStatus();
  return absl::InvalidArgumentError("there is no price; give one, e.g. --input 2.5 --output 10");
}

bool IsSameRow(const ModelPrice& price, const std::string& model, int64_t up_to) {
  return price.model() == model && price.up_to_input_tokens() == up_to;
}

// Writes the list as it is in `provider`, if nobody has changed the provider since it was read.
absl::Status Write(Session& session, const WriteOptions& options, const Provider& provider,
                   int64_t read_at, const std::string& what) {
  admin::v1::UpdateProviderRequest request;
  request.mutable_provider()->set_name(provider.name());
  *request.mutable_provider()->mutable_prices() = provider.prices();
  request.mutable_update_mask()->add_paths("prices");
  request.set_expected_revision(read_at);
  options.Fill(session, &request);
  admin::v1::UpdateProviderResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::UpdateProvider, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options, response, [&](std::ostream& out) {
    out << what << ", revision " << response.revision() << '\n';
  });
}

// How many rows of the same model stand before that one, because they are for shorter prompts.
int RowsBefore(const Provider& provider, const SetOptions& options) {
  int rows = 0;
  for (int i = 0; i < provider.prices_size(); ++i) {
    const ModelPrice& price = provider.prices(i);
    const bool shorter = options.up_to == 0 || price.up_to_input_tokens() < options.up_to;
    if (price.model() == options.model && price.has_up_to_input_tokens() && shorter) rows = i + 1;
  }
  return rows;
}

// In the place of the row that it replaces, else before all others, for the newest word counts; but
// behind those of the same model that are for shorter prompts.
absl::Status SetPrice(Session& session, const SetOptions& options) {
  ModelPrice price;
  const absl::Status filled = FillPrice(options, &price);
  if (!filled.ok()) return filled;
  const absl::StatusOr<Read> read = Get(session, options.provider);
  if (!read.ok()) return read.status();
  Provider provider;
  provider.set_name(options.provider);
  bool placed = false;
  for (const ModelPrice& old : read->provider.prices()) {
    const bool same = IsSameRow(old, options.model, options.up_to);
    *provider.add_prices() = same ? price : old;
    placed = placed || same;
  }
  if (!placed) {
    const int at = RowsBefore(provider, options);
    *provider.add_prices() = price;
    auto* rows = provider.mutable_prices();
    for (int i = rows->size() - 1; i > at; --i) rows->SwapElements(i, i - 1);
  }
  return Write(session, options.write, provider, read->revision,
               base::Cat("price of ", Printable(options.model), " at ", Printable(options.provider),
                         placed ? " changed" : " set"));
}

absl::Status DeletePrice(Session& session, const SetOptions& options) {
  const absl::StatusOr<Read> read = Get(session, options.provider);
  if (!read.ok()) return read.status();
  Provider provider;
  provider.set_name(options.provider);
  for (const ModelPrice& old : read->provider.prices()) {
    if (!IsSameRow(old, options.model, options.up_to)) *provider.add_prices() = old;
  }
  if (provider.prices_size() == read->provider.prices_size()) {
    return absl::NotFoundError(base::Cat(
        "provider \"", Printable(options.provider), "\" has no price of its own for \"",
        Printable(options.model), "\"; those of the preset cannot be deleted, only replaced"));
  }
  return Write(session, options.write, provider, read->revision,
               base::Cat("price of ", Printable(options.model), " at ", Printable(options.provider),
                         " deleted"));
}

void AddWhich(CLI::App* command, const std::shared_ptr<SetOptions>& options) {
  command->add_option("PROVIDER", options->provider, "Name of the provider")
      ->required()
      ->option_text(" ");
  command->add_option("MODEL", options->model, "Glob of the model, *: any run")
      ->required()
      ->option_text(" ");
  command
      ->add_option("--up-to", options->up_to,
                   "Only for requests with at most so many tokens\nof input")
      ->option_text("TOKENS")
      ->check(CLI::PositiveNumber);
}

void AddSet(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<SetOptions>();
  CLI::App* command =
      commands.Add(group, "set", "Say what a model costs, in US dollars.",
                   "sluicectl price set openai 'gpt-4o*' --input 2.5 --output 10\n"
                   "sluicectl price set lab whisper-1 --audio-minute 0.006",
                   [options](Session& session) { return SetPrice(session, *options); });
  AddWhich(command, options);
  const auto add = [command](const char* name, std::string* value, const char* description) {
    command->add_option(name, *value, description)->option_text("USD");
  };
  add("--input", &options->input, "A million tokens of input");
  add("--cached-input", &options->cached_input, "Of those read from a cache (default as input)");
  add("--cache-write", &options->cache_write, "Of those written to one (default as input)");
  add("--output", &options->output, "A million tokens of output");
  add("--reasoning", &options->reasoning, "Of those of reasoning (default as output)");
  add("--request", &options->request, "Each request");
  add("--audio-minute", &options->audio_minute, "Each minute of audio that was heard");
  options->write.AddTo(command);
}

void AddDelete(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<SetOptions>();
  CLI::App* command = commands.Add(
      group, "delete", "Take back what price set said.", "sluicectl price delete openai 'gpt-4o*'",
      [options](Session& session) { return DeletePrice(session, *options); });
  AddWhich(command, options);
  options->write.AddTo(command);
}

}  // namespace

void AddPriceCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("price", "What models cost.");
  const auto name = std::make_shared<std::string>();
  CLI::App* list = commands.Add(group, "list", "List the prices of a provider's models.",
                                "sluicectl price list openai",
                                [name](Session& session) { return ListPrices(session, *name); });
  list->add_option("PROVIDER", *name, "Name of the provider")->required()->option_text(" ");
  AddSet(commands, group);
  AddDelete(commands, group);
}

}  // namespace sluice::cli
