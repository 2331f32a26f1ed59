#include "exporter/sources/smb2_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace motoko::sources {
namespace {

constexpr std::string_view kSmb1Magic("\xffSMB", 4);
constexpr std::string_view kSmb2Magic("\xfeSMB", 4);
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kAnswerBytes = kHeaderBytes + 64;  // the fixed part; a security buffer follows
constexpr std::size_t kMaxAnswerBytes = 65'536;          // real ones have a few hundred
constexpr std::array<std::uint16_t, 5> kDialects = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};

// Where the header and the answer keep what is checked here.
constexpr std::size_t kStatusOffset = 8;
constexpr std::size_t kCommandOffset = 12;
constexpr std::size_t kFlagsOffset = 16;
constexpr std::size_t kMessageIdOffset = 24;
constexpr std::size_t kDialectOffset = kHeaderBytes + 4;
constexpr std::uint32_t kFlagServerToClient = 1;

/// Little-endian fields, one after the other.
class Fields {
 public:
  Fields& u16(unsigned value) { return number(value, 2); }
  Fields& u32(unsigned value) { return number(value, 4); }
  Fields& zeros(std::size_t count) { return bytes(std::string(count, '\0')); }
  Fields& bytes(std::string_view text) {
    text_.append(text);
    return *this;
  }
  Fields& random(std::size_t count) {
    std::random_device device;
    while (count-- > 0) text_ += static_cast<char>(device() & 0xff);
    return *this;
  }
  Fields& align(std::size_t unit) { return zeros((unit - text_.size() % unit) % unit); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Fields& number(unsigned value, int size) {
    for (; size > 0; --size, value >>= 8) text_ += static_cast<char>(value & 0xff);
    return *this;
  }
  std::string text_;
};

std::uint32_t number_at(std::string_view message, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  while (size > 0) value = value << 8 | static_cast<unsigned char>(message[offset + --size]);
  return value;
}

/// The first bytes, fit to print.
std::string quoted(std::string_view bytes) {
  constexpr std::size_t kMaxQuoted = 24;
  std::string text = "\"";
  for (const char c : bytes.substr(0, kMaxQuoted)) {
    const bool printable = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    text += printable ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text + "\"";
}

tl::unexpected<base::Error> not_smb(std::string_view bytes) {
  return base::failure(std::errc::protocol_error, fmt::format("the answer is not SMB: {}", quoted(bytes)));
}

/// Preauthentication integrity with SHA-512, and encryption; both are required of a client that offers 3.1.1.
void append_contexts(Fields& request) {
  constexpr unsigned kPreauthIntegrity = 1;
  constexpr unsigned kEncryption = 2;
  constexpr unsigned kSaltBytes = 32;
  request.align(8);
  request.u16(kPreauthIntegrity).u16(6 + kSaltBytes).u32(0);
  request.u16(1).u16(kSaltBytes).u16(1 /* SHA-512 */).random(kSaltBytes);
  request.align(8);
  request.u16(kEncryption).u16(2 + 2 * 4).u32(0);
  request.u16(4).u16(2).u16(1).u16(4).u16(3);  // AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM
}

}  // namespace

std::string make_smb2_negotiate() {
  constexpr unsigned kFixedBytes = 36;
  constexpr unsigned kSigningEnabled = 1;
  constexpr unsigned kAllCapabilities = 0x7f;
  constexpr unsigned kContexts = 2;
  const std::size_t after_dialects = kHeaderBytes + kFixedBytes + 2 * kDialects.size();
  const auto contexts_offset = static_cast<unsigned>((after_dialects + 7) / 8 * 8);
  Fields request;
  // The header: credit charge, status and command NEGOTIATE are 0; one credit is asked for; message id 0.
  request.bytes(kSmb2Magic).u16(kHeaderBytes).zeros(8).u16(1).zeros(kHeaderBytes - 16);
  request.u16(kFixedBytes).u16(kDialects.size()).u16(kSigningEnabled).u16(0).u32(kAllCapabilities);
  request.random(16);  // ClientGuid: smbd hands a connection to the process that serves the same one
  request.u32(contexts_offset).u16(kContexts).u16(0);
  for (const auto dialect : kDialects) request.u16(dialect);
  append_contexts(request);

  const std::size_t size = request.size();
  std::string frame = {'\0', static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
  return frame + request.text();
}

base::Result<std::size_t> smb_message_size(std::string_view received) {
  if (received.front() != '\0') return not_smb(received);
  if (received.size() < kSmbFrameHeaderBytes) return std::size_t{0};
  std::size_t size = 0;
  for (const char c : received.substr(1, 3)) size = size << 8 | static_cast<unsigned char>(c);
  if (size < kSmb2Magic.size() || size > kMaxAnswerBytes) return not_smb(received);
  return size;
}

base::Status check_smb2_negotiate_answer(std::string_view message) {
  if (message.starts_with(kSmb1Magic)) return base::failure(std::errc::protocol_error, "the server speaks only SMB 1");
  if (!message.starts_with(kSmb2Magic)) return not_smb(message);
  const auto wrong = [](std::string_view what) {
    return base::failure(std::errc::protocol_error,
                         fmt::format("the answer is not that to an SMB2 NEGOTIATE: {}", what));
  };
  if (message.size() < kHeaderBytes) return wrong("it ends within the header");
  if ((number_at(message, kFlagsOffset, 4) & kFlagServerToClient) == 0) return wrong("it is a request");
  if (number_at(message, kCommandOffset, 2) != 0) return wrong("another command");
  if (number_at(message, kMessageIdOffset, 4) != 0) return wrong("another message");
  if (const auto status = number_at(message, kStatusOffset, 4); status != 0)
    return base::failure(std::errc::protocol_error, fmt::format("the server refused: NT status 0x{:08X}", status));
  if (message.size() < kAnswerBytes || number_at(message, kHeaderBytes, 2) != 65) return wrong("it is too short");
  if (std::find(kDialects.begin(), kDialects.end(), number_at(message, kDialectOffset, 2)) == kDialects.end())
    return wrong("it chose a dialect that was not offered");
  return {};
}

}  // namespace motoko::sources
