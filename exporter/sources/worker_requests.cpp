#include "exporter/sources/worker_requests.h"

#include <fcntl.h>

#include <utility>

#include "exporter/base/directory.h"
#include "exporter/base/wire.h"
#include "exporter/sources/bare_directory.h"
#include "exporter/sources/device_tags.h"
#include "exporter/sources/time_machine.h"

namespace motoko::sources {
namespace {

enum class Request : char { probe = 'm', device_tags = 'd', count_entries = 'e', backups = 'b', bare_directory = 'i' };

std::string make(Request kind, std::string_view body) {
  std::string request(1, static_cast<char>(kind));
  return request.append(body);
}

base::Result<std::uint64_t> count_entries(const std::string& path) {
  base::UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return base::errno_error(errno, "list " + path);
  return base::count_entries(std::move(directory)).map_error([&](base::Error error) {
    error.context += " " + path;
    return error;
  });
}

}  // namespace

std::string probe_request(const ProbeRequest& request) {
  return make(Request::probe, encode(request));
}
std::string device_tags_request(const std::string& device_path) {
  return make(Request::device_tags, device_path);
}
std::string count_entries_request(const std::string& directory) {
  return make(Request::count_entries, directory);
}
std::string backups_request(const std::string& mountpoint) {
  return make(Request::backups, mountpoint);
}
std::string bare_directory_request(const std::string& mountpoint) {
  return make(Request::bare_directory, mountpoint);
}

void serve_worker_request(std::string_view request, const std::function<void(std::string_view)>& emit) {
  if (request.empty()) return;
  const std::string_view body = request.substr(1);
  switch (static_cast<Request>(request.front())) {
    case Request::probe:
      if (const auto probe = decode_probe_request(body)) run_mount_probe(*probe, emit);
      return;
    case Request::device_tags:
      emit(encode(read_device_tags(std::string(body))));
      return;
    case Request::count_entries: {
      const auto count = count_entries(std::string(body));
      emit(base::WireWriter().status(count).number(count.value_or(0)).take());
      return;
    }
    case Request::backups:
      emit(encode(read_backups(std::string(body))));
      return;
    case Request::bare_directory:
      emit(encode(is_guarded(std::string(body))));
      return;
  }
}

base::Result<std::uint64_t> decode_entry_count(std::string_view bytes) {
  base::WireReader reader(bytes);
  if (const auto status = reader.status(); !status) return tl::unexpected(status.error());
  const auto count = reader.number<std::uint64_t>();
  if (!reader.ok()) return base::errno_error(EBADMSG, "count of entries");
  return count;
}

}  // namespace motoko::sources
