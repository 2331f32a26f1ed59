#include "exporter/host/service.h"

#include "exporter/host/child.h"

namespace motoko::host {
namespace {

base::Status run(const std::vector<std::string>& argv, std::chrono::milliseconds deadline, bool ends_with_us) {
  const auto finished = run_program({.argv = argv, .deadline = deadline, .ends_with_us = ends_with_us});
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code == 0) return {};
  return base::failure(std::errc::no_message_available, argv.front() + ": " + describe(*finished));
}

}  // namespace

base::Status CommandService::start(std::chrono::milliseconds deadline) {
  return run(start_, deadline, false);
}

base::Status CommandService::stop(std::chrono::milliseconds deadline) {
  return run(stop_, deadline, true);
}

}  // namespace motoko::host
