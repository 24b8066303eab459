#include "controlplane/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::cli {
namespace {

std::string Text(const Table& table) {
  std::ostringstream out;
  table.Print(out);
  return out.str();
}

TEST(TableTest, AlignsColumnsByWhatIsSeen) {
  Table table({"NAME", "STATE"});
  table.AddRow({"a", "enabled"});
  table.AddRow({"äöü-x", ""});
  EXPECT_EQ(Text(table),
            "NAME   STATE\n"
            "a      enabled\n"
            "äöü-x  -\n");
}

TEST(TableTest, NumbersStandAtTheRightOfTheirColumn) {
  Table table({"NAME", "TOKENS", "COST"});
  table.AlignRightFrom(1);
  table.AddRow({"a", "12345678", "$1.5"});
  table.AddRow({"long name", "9", "unknown"});
  EXPECT_EQ(Text(table),
            "NAME         TOKENS     COST\n"
            "a          12345678     $1.5\n"
            "long name         9  unknown\n");
}

TEST(TableTest, AnEmptyHeaderIsNotPrinted) {
  Table table({"", ""});
  table.AddRow({"epoch", "x"});
  EXPECT_EQ(Text(table), "epoch  x\n");
}

TEST(TableTest, ALongLastColumnGoesOnBelowItself) {
  Table table({"NAME", "PROVIDERS"});
  std::string many = "provider-number-0";
  for (int i = 1; i < 6; ++i) many += ", provider-number-" + std::to_string(i);
  table.AddRow({"web", many});
  EXPECT_EQ(Text(table),
            "NAME  PROVIDERS\n"
            "web   provider-number-0, provider-number-1, provider-number-2,\n"
            "      provider-number-3, provider-number-4, provider-number-5\n");
}

TEST(TableTest, AWordIsNeverCut) {
  Table table({"NAME", "URL"});
  const std::string url = "https://" + std::string(100, 'a') + ".example/v1";
  table.AddRow({"x", url});
  EXPECT_EQ(Text(table), "NAME  URL\nx     " + url + "\n");
}

TEST(TableTest, ForeignTextCannotSteerTheTerminal) {
  Table table({"NOTE"});
  table.AddRow(
      {"a\x1b[2Jb\nc\xC2\x9B"
       "1m"});
  EXPECT_EQ(Text(table), "NOTE\na?[2Jb c??1m\n");
  EXPECT_EQ(Printable("größe\t"), "größe ");
}

}  // namespace
}  // namespace sluice::cli
