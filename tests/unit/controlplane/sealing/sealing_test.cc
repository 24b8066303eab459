#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "controlplane/sealing/master_keys.h"
#include "controlplane/sealing/sealer.h"
#include "tests/support/temp_folder.h"

namespace sluice::sealing {
namespace {

constexpr char kCanary[] = "sk-canary-0123456789";

Sealer SealerOf(char fill) { return Sealer(base::Secret(std::string(32, fill))); }

std::string Base64Of(char fill) { return absl::Base64Escape(std::string(32, fill)); }

MasterKeys KeysOf(const std::string& fills) {
  std::string text;
  for (const char fill : fills) text += Base64Of(fill) + "\n";
  auto keys = MasterKeys::Parse(text, "the test's text");
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *std::move(keys);
}

base::Secret Canary() { return base::Secret(std::string(kCanary)); }

// As older releases sealed.
std::string SealDirectly(char fill, const std::string& id) {
  return crypto::Seal(base::Secret(std::string(32, fill)), kCanary, "provider_key/" + id);
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(MasterKeysTest, ANewKeyIsReadBackAndForTheOwnerOnly) {
  const test::TempFolder folder;
  auto made = CreateMasterKey(folder.File("master.key"));
  ASSERT_TRUE(made.ok()) << made.status();
  auto read = ReadMasterKeys(folder.File("master.key"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->newest().bytes.Equals(made->newest().bytes.Reveal()));
  EXPECT_EQ(read->newest().id, made->newest().id);
  struct stat found {};
  ASSERT_EQ(stat(folder.File("master.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(MasterKeysTest, AnExistingFileIsNeverReplaced) {
  const test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("k"), "precious").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateMasterKey(folder.File("k")).status()));
  EXPECT_EQ(*base::ReadFile(folder.File("k")), "precious");
}

TEST(MasterKeysTest, RawBytesAndBase64AreTaken) {
  const test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("raw"), std::string(32, 'k')).ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("base64"), Base64Of('k') + "\r\n").ok());
  const auto raw = ReadMasterKeys(folder.File("raw"));
  const auto base64 = ReadMasterKeys(folder.File("base64"));
  EXPECT_TRUE(raw->newest().bytes.Equals(std::string(32, 'k')));
  EXPECT_TRUE(base64->newest().bytes.Equals(std::string(32, 'k')));
  EXPECT_EQ(raw->newest().id, base64->newest().id);
}

TEST(MasterKeysTest, TheNewestStandsLast) {
  for (const char* between : {"\n", "\r\n", "\n\n", " ", ","}) {
    auto keys = MasterKeys::Parse(Base64Of('a') + between + Base64Of('b') + "\n", "text");
    ASSERT_TRUE(keys.ok()) << keys.status();
    ASSERT_EQ(keys->all().size(), 2u);
    EXPECT_TRUE(keys->newest().bytes.Equals(std::string(32, 'b')));
    EXPECT_EQ(keys->Find(keys->all()[0].id), &keys->all()[0]);
  }
  const absl::Status twice =
      MasterKeys::Parse(Base64Of('a') + "\n" + Base64Of('a'), "text").status();
  EXPECT_NE(MessageOf(twice).find("twice"), std::string::npos) << twice;
}

TEST(MasterKeysTest, AnIdIsPublicAndTellsNothingOfTheKey) {
  const MasterKeys keys = KeysOf("ab");
  const std::string text = MasterKeyIdText(keys.newest().id);
  EXPECT_EQ(text.size(), 3 + 2 * kMasterKeyIdBytes);
  EXPECT_TRUE(text.starts_with("mk_"));
  EXPECT_NE(keys.all()[0].id, keys.all()[1].id);
  EXPECT_EQ(keys.newest().id.find('b'), std::string::npos);
}

TEST(MasterKeysTest, OtherContentIsRefusedByPathAndNotShown) {
  const test::TempFolder folder;
  for (const std::string& content :
       {std::string(), std::string("too short"), std::string("a2tra2s="), std::string(kCanary),
        Base64Of('a') + "\n" + kCanary}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder.File("k"), content).ok());
    const absl::Status status = ReadMasterKeys(folder.File("k")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << content;
    EXPECT_NE(MessageOf(status).find(folder.File("k")), std::string::npos);
    EXPECT_EQ(MessageOf(status).find(kCanary), std::string::npos);
  }
  EXPECT_TRUE(absl::IsNotFound(ReadMasterKeys(folder.File("none")).status()));
}

TEST(SealerTest, OpensWhatItSealedForThatRowAndGenerationOnly) {
  const Sealer sealer = SealerOf('a');
  const std::string sealed = sealer.Seal({"pk_1", 3}, Canary());
  EXPECT_EQ(sealed.find(kCanary), std::string::npos);
  auto opened = sealer.Open({"pk_1", 3}, sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->Equals(kCanary));
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_2", 3}, sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_1", 4}, sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_1", 2}, sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_13", 0}, sealed).status()));
}

TEST(SealerTest, NoByteOfAnEnvelopeCanBeChangedOrCutOff) {
  const Sealer sealer = SealerOf('a');
  const std::string sealed = sealer.Seal({"pk_1", 1}, Canary());
  for (size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_1", 1}, changed).status())) << at;
    EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"pk_1", 1}, sealed.substr(0, at)).status())) << at;
  }
}

// The data key of one must not open the secret of another.
TEST(SealerTest, EachSecretHasADataKeyOfItsOwn) {
  const Sealer sealer = SealerOf('a');
  const std::string one = sealer.Seal({"pk_1", 1}, Canary());
  const std::string two = sealer.Seal({"pk_1", 1}, Canary());
  EXPECT_NE(one, two);
  const size_t wrapped = kSealedPrefixBytes + 60;
  EXPECT_TRUE(absl::IsDataLoss(
      sealer.Open({"pk_1", 1}, one.substr(0, wrapped) + two.substr(wrapped)).status()));
}

TEST(SealerTest, AMissingMasterKeyIsNamed) {
  const std::string sealed = SealerOf('a').Seal({"pk_1", 1}, Canary());
  const absl::Status status = SealerOf('b').Open({"pk_1", 1}, sealed).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(MessageOf(status).find(MasterKeyIdText(SealerOf('a').keys().newest().id)),
            std::string::npos)
      << status;
}

TEST(SealerTest, TheNewestSealsAndTheOthersOpen) {
  const Sealer both(KeysOf("ab"));
  const std::string old = SealerOf('a').Seal({"pk_1", 1}, Canary());
  EXPECT_TRUE(both.Open({"pk_1", 1}, old).ok());
  const std::string made = both.Seal({"pk_1", 1}, Canary());
  EXPECT_TRUE(SealerOf('b').Open({"pk_1", 1}, made).ok());
  EXPECT_FALSE(SealerOf('a').Open({"pk_1", 1}, made).ok());
}

TEST(SealerTest, WhatIsOfAnIssuerOpensForThatOneAlone) {
  const Sealer sealer = SealerOf('a');
  const SecretPlace place{"corp", 7, SecretKind::kJwtIssuer};
  const std::string sealed = sealer.Seal(place, Canary());
  EXPECT_TRUE(sealer.Open(place, sealed)->Equals(kCanary));
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"corp", 7}, sealed).status())) << "a provider key";
  EXPECT_TRUE(absl::IsDataLoss(sealer.Open({"corp", 8, SecretKind::kJwtIssuer}, sealed).status()))
      << "of the same name, made later";
  const std::string direct =
      crypto::Seal(base::Secret(std::string(32, 'a')), kCanary, "provider_key/corp");
  const absl::Status status = sealer.Open({"corp", 0, SecretKind::kJwtIssuer}, direct).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("jwt issuer \"corp\""));
}

TEST(SealerTest, RewrapBringsItUnderTheNewestOnce) {
  const Sealer both(KeysOf("ab"));
  const std::string old = SealerOf('a').Seal({"pk_1", 1}, Canary());
  const auto rewrapped = both.Rewrap({"pk_1", 1}, old);
  ASSERT_TRUE(rewrapped.ok()) << rewrapped.status();
  ASSERT_TRUE(rewrapped->has_value());
  EXPECT_TRUE(SealerOf('b').Open({"pk_1", 1}, **rewrapped)->Equals(kCanary));
  EXPECT_FALSE(both.Rewrap({"pk_1", 1}, **rewrapped)->has_value());
  EXPECT_TRUE(absl::IsDataLoss(both.Rewrap({"pk_2", 1}, old).status())) << "another row's";
}

TEST(SealerTest, WhatAnOlderReleaseSealedOpensForKeysWithoutAGenerationOnly) {
  const Sealer both(KeysOf("ab"));
  const std::string old = SealDirectly('a', "pk_1");
  EXPECT_TRUE(both.Open({"pk_1", 0}, old)->Equals(kCanary));
  EXPECT_TRUE(absl::IsDataLoss(both.Open({"pk_2", 0}, old).status()));
  EXPECT_TRUE(absl::IsDataLoss(both.Open({"pk_1", 1}, old).status()));
  EXPECT_TRUE(absl::IsDataLoss(SealerOf('b').Open({"pk_1", 0}, old).status()));
  const auto rewrapped = both.Rewrap({"pk_1", 0}, old);
  ASSERT_TRUE(rewrapped.ok() && rewrapped->has_value());
  EXPECT_TRUE(MasterKeyIdOf(**rewrapped).has_value());
  EXPECT_TRUE(SealerOf('b').Open({"pk_1", 0}, **rewrapped)->Equals(kCanary));
}

TEST(SealerTest, TheCheckValueTellsMasterKeysApart) {
  const std::string check = SealerOf('a').MakeCheckValue();
  const Sealer a = SealerOf('a');
  EXPECT_EQ(a.MakerOf(check), &a.keys().newest());
  const Sealer both(KeysOf("ab"));
  EXPECT_EQ(both.MakerOf(check), &both.keys().all()[0]);
  EXPECT_EQ(SealerOf('b').MakerOf(check), nullptr);
  EXPECT_EQ(a.MakerOf(""), nullptr);
  // A sealed provider key is no check value.
  EXPECT_EQ(a.MakerOf(crypto::Seal(base::Secret(std::string(32, 'a')), "sluice",
                                   "provider_key/key_check")),
            nullptr);
}

}  // namespace
}  // namespace sluice::sealing
