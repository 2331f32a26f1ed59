#include "exporter/host/samba_shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "exporter/base/file.h"
#include "exporter/base/lies_below.h"
#include "exporter/host/child.h"

namespace motoko::host {
namespace {

constexpr std::size_t kMaxConfigurationBytes = 1 << 20;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() <= ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() <= ' ') text.remove_suffix(1);
  return text;
}

bool lies_on(std::string_view path, std::string_view mountpoint) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path == mountpoint || base::lies_below(path, mountpoint);
}

struct HostAndPort {
  std::string host;
  std::string port;
};

/// The address was checked when it was used for the handshake; what is left out is 445.
HostAndPort split(const std::string& address) {
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string::npos && address.find(']', colon) == std::string::npos;
  HostAndPort parts{.host = address.substr(0, has_port ? colon : std::string::npos),
                    .port = has_port ? address.substr(colon + 1) : "445"};
  if (parts.host.starts_with('[') && parts.host.ends_with(']'))
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

/// The last NT_STATUS word of what smbclient printed.
std::string status_of(const std::string& output) {
  const auto start = output.rfind("NT_STATUS_");
  if (start == std::string::npos) return {};
  const auto end = output.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", start);
  return output.substr(start, end - start);
}

/// What a server says to somebody whom it does not know; it says nothing about the disk.
bool is_refusal_of_guests(std::string_view status) {
  constexpr std::array kRefusals = {"NT_STATUS_ACCESS_DENIED",        "NT_STATUS_LOGON_FAILURE",
                                    "NT_STATUS_NO_SUCH_USER",         "NT_STATUS_WRONG_PASSWORD",
                                    "NT_STATUS_ACCOUNT_DISABLED",     "NT_STATUS_ACCOUNT_RESTRICTION",
                                    "NT_STATUS_NETWORK_ACCESS_DENIED"};
  return std::find(kRefusals.begin(), kRefusals.end(), status) != kRefusals.end();
}

base::Result<std::vector<Share>> configured_shares(const ShareQuery& query) {
  const auto command_line = base::read_file(fmt::format("{}/{}/cmdline", query.procfs, query.smbd));
  if (!command_line) return tl::unexpected(command_line.error());
  Program testparm{.argv = {"testparm", "-s", "--suppress-prompt"},
                   .deadline = query.deadline,
                   .max_output_bytes = kMaxConfigurationBytes};
  if (const auto file = configuration_file_of(*command_line); !file.empty()) testparm.argv.push_back(file);
  const auto finished = run_program(testparm);
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code != 0) return base::failure(std::errc::invalid_argument, "testparm: " + describe(*finished));
  return parse_shares(finished->output);
}

}  // namespace

std::vector<Share> parse_shares(std::string_view testparm_output) {
  std::vector<Share> shares;
  std::optional<std::string> section;
  while (!testparm_output.empty()) {
    const auto end = std::min(testparm_output.find('\n'), testparm_output.size());
    const auto line = trimmed(testparm_output.substr(0, end));
    testparm_output.remove_prefix(std::min(end + 1, testparm_output.size()));
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2);
      continue;
    }
    const auto equals = line.find('=');
    if (!section || *section == "global" || equals == std::string_view::npos) continue;
    const auto path = trimmed(line.substr(equals + 1));
    if (trimmed(line.substr(0, equals)) == "path" && path.starts_with('/') && path.find('%') == std::string_view::npos)
      shares.push_back({*section, std::string(path)});
  }
  return shares;
}

std::string configuration_file_of(std::string_view command_line) {
  bool next = false;
  while (!command_line.empty()) {
    const auto end = std::min(command_line.find('\0'), command_line.size());
    const auto argument = command_line.substr(0, end);
    command_line.remove_prefix(std::min(end + 1, command_line.size()));
    if (next) return std::string(argument);
    constexpr std::string_view kLong = "--configfile";
    if (argument == "-s" || argument == kLong)
      next = true;
    else if (argument.starts_with(kLong) && argument[kLong.size()] == '=')
      return std::string(argument.substr(kLong.size() + 1));
    else if (argument.starts_with("-s") && argument.size() > 2)
      return std::string(argument.substr(2));
  }
  return {};
}

ShareListing list_shares(const ShareQuery& query) {
  ShareListing listing;
  const auto shares = configured_shares(query);
  if (!shares) {
    listing.not_tried = "which shares there are is not known: " + shares.error().message();
    return listing;
  }
  const auto [host, port] = split(query.address);
  for (const auto& [name, path] : *shares) {
    const auto on_it = [&, &path = path](const auto& guarded) { return lies_on(path, guarded); };
    if (std::none_of(query.paths.begin(), query.paths.end(), on_it)) continue;
    // No file of this host's Samba client may change what is asked.
    const auto finished = run_program(
        {.argv = {"smbclient", "-N", "-s", "/dev/null", "-p", port, fmt::format("//{}/{}", host, name), "-c", "ls"},
         .deadline = query.deadline});
    if (!finished && finished.error().is(std::errc::no_such_file_or_directory)) {
      listing.not_tried = "smbclient is not installed";
      return listing;
    }
    if (!finished) {
      listing.failed.push_back(name + ": " + finished.error().message());
      continue;
    }
    const auto status = status_of(finished->output);
    if (finished->exit_code == 0 && status.empty())
      listing.listed.push_back(name);
    else if (is_refusal_of_guests(status))
      listing.asks_for_user.push_back(name);
    else
      listing.failed.push_back(name + ": " + (status.empty() ? describe(*finished) : status));
  }
  return listing;
}

}  // namespace motoko::host
