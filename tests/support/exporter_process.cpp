#include "tests/support/exporter_process.h"

#include <fmt/format.h>
#include <signal.h>

#include <regex>
#include <stdexcept>
#include <thread>

namespace motoko::testing {
namespace {

Command exporter_command(const std::string& config_file, const ExporterOptions& options) {
  Command command{{program_path("motoko-exporter"), "--web.listen-address=127.0.0.1:0"}};
  if (!config_file.empty()) command.argv.push_back("--config.file=" + config_file);
  command.argv.insert(command.argv.end(), options.arguments.begin(), options.arguments.end());
  command.unprivileged = options.unprivileged;
  command.capabilities = options.capabilities;
  return command;
}

}  // namespace

std::string program_path(const std::string& name) {
  return std::string(MOTOKO_BIN_DIR) + "/" + name;
}

ExporterProcess::ExporterProcess(const std::string& config_file, const ExporterOptions& options)
    : process_(exporter_command(config_file, options)) {
  static const std::regex listening(R"(msg"?[=:]"?listening"?.*address"?[=:]"?(127\.0\.0\.1:[0-9]+))");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    const bool ended = !process_.running();
    const auto text = log();
    std::smatch match;
    if (address_.empty() && std::regex_search(text, match, listening)) address_ = match[1];
    if (!address_.empty()) {
      const auto ready = http(address_, {"GET", "/-/ready"});
      if (ready && ready->status == 200) return;
    }
    if (ended || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format("motoko-exporter {}:\n{}", ended ? "ended" : "does not get ready", text));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

HttpResponse ExporterProcess::get(const std::string& target,
                                  const std::vector<std::pair<std::string, std::string>>& headers) const {
  return send({"GET", target, headers, ""});
}

HttpResponse ExporterProcess::send(const HttpRequest& request) const {
  auto response = http(address_, request);
  if (!response) throw std::runtime_error(response.error().message() + "\nlog of motoko-exporter:\n" + log());
  return *std::move(response);
}

MetricsText ExporterProcess::scrape() const {
  const auto response = get("/metrics");
  if (response.status != 200) throw std::runtime_error(fmt::format("/metrics: {}\n{}", response.status, response.body));
  return MetricsText(response.body);
}

void ExporterProcess::hang_up() const {
  process_.send(SIGHUP);
}

::testing::AssertionResult ExporterProcess::stop() {
  process_.send(SIGTERM);
  const auto status = process_.wait(std::chrono::seconds(2));
  if (!status) return ::testing::AssertionFailure() << "still runs 2 s after SIGTERM; log:\n" << log();
  if (*status != ExitStatus{0, 0}) {
    return ::testing::AssertionFailure() << "exit code " << status->code << ", signal " << status->signal << "; log:\n"
                                         << log();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace motoko::testing
