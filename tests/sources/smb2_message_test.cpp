#include "exporter/sources/smb2_message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace motoko::sources {
namespace {

using namespace std::string_literals;

/// The fixed part of an SMB2 NEGOTIATE response (MS-SMB2, 2.2.4) with dialect 3.1.1.
std::string answer() {
  std::string message(128, '\0');
  message.replace(0, 4, "\xfeSMB"s);
  message[4] = 64;
  message[16] = 1;  // from the server
  message[64] = 65;
  message[68] = 0x11;
  message[69] = 0x03;
  return message;
}

std::string with(std::string message, std::size_t offset, std::string_view bytes) {
  return message.replace(offset, bytes.size(), bytes);
}

std::string complaint(std::string_view message) {
  const auto checked = check_smb2_negotiate_answer(message);
  if (checked) return "accepted";
  EXPECT_TRUE(checked.error().is(std::errc::protocol_error));
  return checked.error().context;
}

TEST(Smb2NegotiateRequest, IsAFrameWithItsOwnLength) {
  const auto frame = make_smb2_negotiate();
  const auto size = smb_message_size(frame);
  ASSERT_TRUE(size);
  EXPECT_EQ(*size + kSmbFrameHeaderBytes, frame.size());
  EXPECT_EQ(frame.substr(4, 4), "\xfeSMB"s);
  EXPECT_EQ(frame[4 + 64], 36);
  EXPECT_EQ(frame.substr(4 + 64 + 36, 10), "\x02\x02\x10\x02\x00\x03\x02\x03\x11\x03"s);
  // NegotiateContextOffset points at the first context, behind the dialects and a multiple of 8.
  const auto offset = static_cast<unsigned char>(frame[4 + 64 + 28]);
  EXPECT_EQ(offset, 112);
  EXPECT_EQ(frame.substr(4 + offset, 4), "\x01\x00\x26\x00"s);
}

TEST(Smb2NegotiateRequest, NamesAnotherClientEachTime) {
  std::set<std::string> clients;
  for (int i = 0; i < 20; ++i) clients.insert(make_smb2_negotiate().substr(4 + 64 + 12, 16));
  EXPECT_EQ(clients.size(), 20u);
}

TEST(SmbMessageSize, WaitsForAHeaderThatIsStillComing) {
  EXPECT_EQ(smb_message_size("\0"s).value(), 0u);
  EXPECT_EQ(smb_message_size("\0\0\1"s).value(), 0u);
  EXPECT_EQ(smb_message_size("\0\0\1\2"s).value(), 0x102u);
}

TEST(SmbMessageSize, RejectsOtherProtocolsAtTheirFirstByteAndQuotesThem) {
  const auto http = smb_message_size("HTTP/1.1 400 Bad Request\r\n");
  ASSERT_FALSE(http);
  EXPECT_TRUE(http.error().is(std::errc::protocol_error));
  EXPECT_EQ(http.error().context, "the answer is not SMB: \"HTTP/1.1 400 Bad Request\"");
  EXPECT_EQ(smb_message_size("\x16\x03\x01\"\\").error().context,
            "the answer is not SMB: \"\\x16\\x03\\x01\\x22\\x5c\"");
  EXPECT_FALSE(smb_message_size("\x83\0\0\1"s)) << "NetBIOS: session refused";
  EXPECT_FALSE(smb_message_size("\0\0\0\0"s)) << "NetBIOS keep-alive";
  EXPECT_FALSE(smb_message_size("\0\xff\xff\xff"s)) << "no negotiate answer has 16 MB";
}

TEST(Smb2NegotiateAnswer, IsAcceptedForEveryDialectOffered) {
  for (const std::string_view dialect : {"\x02\x02", "\x10\x02", "\x00\x03", "\x02\x03", "\x11\x03"})
    EXPECT_EQ(complaint(with(answer(), 68, std::string_view(dialect.data(), 2))), "accepted");
}

TEST(Smb2NegotiateAnswer, NamesTheNtStatusOfARefusal) {
  auto refusal = with(answer(), 8, "\xbb\x00\x00\xc0"s);
  EXPECT_EQ(complaint(refusal), "the server refused: NT status 0xC00000BB");
  EXPECT_EQ(complaint(refusal.substr(0, 73)), "the server refused: NT status 0xC00000BB") << "its body is short";
}

TEST(Smb2NegotiateAnswer, RejectsEverythingElse) {
  EXPECT_EQ(complaint("\xffSMBr"s + std::string(60, '\0')), "the server speaks only SMB 1");
  EXPECT_EQ(complaint(""), "the answer is not SMB: \"\"");
  EXPECT_EQ(complaint("SSH-2.0-OpenSSH"), "the answer is not SMB: \"SSH-2.0-OpenSSH\"");
  const std::string start = "the answer is not that to an SMB2 NEGOTIATE: ";
  EXPECT_EQ(complaint(answer().substr(0, 63)), start + "it ends within the header");
  EXPECT_EQ(complaint(answer().substr(0, 127)), start + "it is too short");
  EXPECT_EQ(complaint(with(answer(), 64, "\x09")), start + "it is too short");
  EXPECT_EQ(complaint(with(answer(), 16, "\0"s)), start + "it is a request");
  EXPECT_EQ(complaint(with(answer(), 12, "\x01")), start + "another command");
  EXPECT_EQ(complaint(with(answer(), 24, "\x01")), start + "another message");
  EXPECT_EQ(complaint(with(answer(), 68, "\xff\x02")), start + "it chose a dialect that was not offered");
}

}  // namespace
}  // namespace motoko::sources
