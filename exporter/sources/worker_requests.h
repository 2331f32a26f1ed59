// What disk workers can be asked. One place for both ends: requests made here, served by serve_worker_request().
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/sources/mount_probe.h"

namespace motoko::sources {

[[nodiscard]] std::string probe_request(const ProbeRequest& request);
[[nodiscard]] std::string device_tags_request(const std::string& device_path);
[[nodiscard]] std::string count_entries_request(const std::string& directory);
[[nodiscard]] std::string backups_request(const std::string& mountpoint);
[[nodiscard]] std::string bare_directory_request(const std::string& mountpoint);

/// The WorkerHandler. Emits what the folder's encode() functions write.
void serve_worker_request(std::string_view request, const std::function<void(std::string_view)>& emit);

/// The answer to count_entries_request: entries of the directory, "." and ".." not counted.
[[nodiscard]] base::Result<std::uint64_t> decode_entry_count(std::string_view bytes);

}  // namespace motoko::sources
