#include "exporter/sources/mount_probe.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <array>
#include <chrono>
#include <optional>

#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"
#include "exporter/sources/uncached_read.h"

namespace motoko::sources {
namespace {

using base::Error;
using base::Result;
using base::WireReader;
using base::WireWriter;
using observation::FilesystemUsage;
using observation::ProbeOutcome;

/// Error or success, with the time it took. The shape of each message's first fields.
struct Touch {
  std::optional<Error> error;
  base::Seconds duration{0};
};

template <typename Action>
Touch timed(Action action) {
  const auto start = std::chrono::steady_clock::now();
  const base::Status status = action();
  Touch touch{.error = {}, .duration = std::chrono::steady_clock::now() - start};
  if (!status) touch.error = status.error();
  return touch;
}

void put(WireWriter& writer, const Touch& touch) {
  writer.number(touch.error ? touch.error->code.value() : 0).text(touch.error ? touch.error->context : "");
  writer.number(touch.duration.count());
}

Touch take_touch(WireReader& reader) {
  const int code = reader.number<int>();
  const std::string context = reader.text();
  Touch touch;
  if (code != 0) touch.error = base::errno_error(code, context).value();
  touch.duration = base::Seconds(reader.number<double>());
  return touch;
}

Result<ProbeOutcome> outcome_of(const Touch& touch) {
  if (touch.error && proves_nothing(*touch.error)) return tl::unexpected(*touch.error);
  return ProbeOutcome{touch.error, touch.duration};
}

base::Status read_usage(const std::string& mountpoint, FilesystemUsage& usage) {
  struct statvfs status {};
  if (::statvfs(mountpoint.c_str(), &status) != 0) return base::errno_error(errno, "statfs " + mountpoint);
  const std::uint64_t unit = status.f_frsize;
  usage = {.size_bytes = status.f_blocks * unit,
           .free_bytes = status.f_bfree * unit,
           .available_bytes = status.f_bavail * unit,
           .files = status.f_files,
           .files_free = status.f_ffree};
  return {};
}

/// A file without a name: nothing is left behind, whatever happens (open(2), O_TMPFILE).
base::Status write_unnamed_file(const std::string& mountpoint) {
  const base::UniqueFd fd(::open(mountpoint.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd.valid()) return base::errno_error(errno, "create an unnamed file on " + mountpoint);
  constexpr std::array<char, 4096> kBlock{};
  const ssize_t written = ::write(fd.get(), kBlock.data(), kBlock.size());
  if (written < 0) return base::errno_error(errno, "write on " + mountpoint);
  if (written != static_cast<ssize_t>(kBlock.size())) return base::errno_error(ENOSPC, "write on " + mountpoint);
  if (::fsync(fd.get()) != 0) return base::errno_error(errno, "fsync on " + mountpoint);
  return {};
}

base::Status read_uncached(const ProbeRequest& request, std::string& known_file) {
  const auto file = read_some_file(request.mountpoint, request.known_file);
  if (file) {
    known_file = *file;
    return {};
  }
  if (!proves_nothing(file.error()) || request.device_path.empty()) return tl::unexpected(file.error());
  const auto device = read_device(request.device_path, request.device);
  // Where neither can be read, the file system's own reason is the more useful one.
  if (!device && (proves_nothing(device.error()) || device.error().is(std::errc::no_such_device)))
    return tl::unexpected(file.error());
  return device;
}

}  // namespace

std::string encode(const ProbeRequest& request) {
  WireWriter writer;
  writer.text(request.mountpoint).text(request.device_path).text(request.known_file);
  writer.number(request.device.major).number(request.device.minor).number(request.write);
  return writer.take();
}

Result<ProbeRequest> decode_probe_request(std::string_view bytes) {
  WireReader reader(bytes);
  ProbeRequest request;
  request.mountpoint = reader.text();
  request.device_path = reader.text();
  request.known_file = reader.text();
  request.device.major = reader.number<unsigned>();
  request.device.minor = reader.number<unsigned>();
  request.write = reader.number<bool>();
  if (!reader.ok()) return base::failure(std::errc::bad_message, "probe request ends early");
  return request;
}

void run_mount_probe(const ProbeRequest& request, const std::function<void(std::string_view)>& emit) {
  FilesystemUsage usage;
  WireWriter statfs;
  put(statfs, timed([&] { return read_usage(request.mountpoint, usage); }));
  emit(statfs.number(usage).take());

  std::string known_file;
  WireWriter read;
  put(read, timed([&] { return read_uncached(request, known_file); }));
  emit(read.text(known_file).take());

  if (!request.write) return;
  WireWriter write;
  put(write, timed([&] { return write_unnamed_file(request.mountpoint); }));
  emit(write.take());
}

ProbeReply decode_probe_reply(const std::vector<std::string>& parts, const Error& missing, base::Seconds elapsed,
                              bool write_asked) {
  const auto not_arrived = [&]() -> Result<ProbeOutcome> {
    if (missing.is(std::errc::timed_out)) return ProbeOutcome{missing, elapsed};
    return tl::unexpected(missing);
  };
  ProbeReply reply{
      .statfs = not_arrived(),
      .usage = tl::unexpected(missing),
      .read = not_arrived(),
      .known_file = {},
      .write = write_asked ? not_arrived() : base::failure(std::errc::no_message_available, "not asked for")};
  if (!parts.empty()) {
    WireReader reader(parts[0]);
    const Touch touch = take_touch(reader);
    reply.statfs = outcome_of(touch);
    if (touch.error)
      reply.usage = tl::unexpected(*touch.error);
    else
      reply.usage = reader.number<FilesystemUsage>();
  }
  if (parts.size() > 1) {
    WireReader reader(parts[1]);
    reply.read = outcome_of(take_touch(reader));
    reply.known_file = reader.text();
  }
  if (parts.size() > 2) {
    WireReader reader(parts[2]);
    reply.write = outcome_of(take_touch(reader));
  }
  // A hang is one fault: where a later touch hung, an earlier one that answered stays a success.
  return reply;
}

}  // namespace motoko::sources
