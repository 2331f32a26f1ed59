#include "tests/e2e/file_server.h"

#include <fmt/format.h>

#include <algorithm>

namespace motoko::testing {
namespace {

const std::string kBackup = std::string(200'000, 'b') + "the only copy";
const std::string kPhotos = std::string(50'000, 'p') + "of the cat";

std::string processes_named_smbd() {
  return run({{"pgrep", "-r", "D,R,S,T", "-x", "-o", "smbd"}}).standard_output;
}

}  // namespace

std::vector<std::string> FixReport::steps() const {
  std::vector<std::string> lines;
  for (const auto& step : json.at("steps"))
    lines.push_back(step.at("name").get<std::string>() + " " +
                    (step.at("outcome").is_string() ? step.at("outcome").get<std::string>() : "open"));
  return lines;
}

std::string FixReport::step_detail(const std::string& name) const {
  for (const auto& step : json.at("steps"))
    if (step.at("name") == name) return step.at("detail").get<std::string>();
  return "(no such step)";
}

FileServer::FileServer(const std::vector<std::string>& remediation, const Ext4Options& time_disk)
    : time_disk_(time_disk) {
  time_ = host_.guard("time", time_disk_.uuid(), {.config = {"disk: \"the test disk\""}});
  space_ = host_.guard("space", space_disk_.uuid());
  time_disk_.mount(time_);
  space_disk_.mount(space_);
  write_file(time_ + "/backup", kBackup);
  write_file(space_ + "/photos", kPhotos);
  run_checked({{"chmod", "777", time_, space_}});
  time_disk_.flush();
  space_disk_.flush();
  smbd_ = std::make_unique<SmbdDaemon>(std::vector<SharedDirectory>{{"time", time_}, {"space", space_}});
  smbd_->start();
  host_.configure("samba", smbd_->config());
  configure_remediation(remediation);
}

void FileServer::configure_remediation(const std::vector<std::string>& lines) {
  std::string section = fmt::format("\n  state_dir: {}\n", state_dir());
  const auto has = [&](const std::string& key) {
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(key + ":"); });
  };
  for (const auto& line : lines) section += "  " + line + "\n";
  if (!has("settle")) section += "  settle: 0s\n";
  if (!has("cooldown")) section += "  cooldown: 0s\n";
  host_.configure("remediation", section);
}

void FileServer::pull() {
  newest_time_disk().vanish();
}

void FileServer::plug_in() {
  replugged_.push_back(newest_time_disk().attach_again());
}

void FileServer::incident() {
  pull();
  plug_in();
  replugged_.back().mount(time_);
  pull();
  plug_in();
}

FixReport FileServer::fix(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"fix", "--format=json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return command(all);
}

FixReport FileServer::command(std::vector<std::string> arguments) {
  const auto start = std::chrono::steady_clock::now();
  const auto finished = host_.motokoctl(arguments);
  FixReport report;
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  report.exit_code = finished.status.code;
  report.printed = finished.standard_output + finished.standard_error;
  report.json = nlohmann::json::parse(finished.standard_output, nullptr, false);
  if (report.json.is_discarded()) throw std::runtime_error("no JSON: " + report.printed);
  return report;
}

::testing::AssertionResult FileServer::serves() {
  const auto fails = [](const std::string& what) { return ::testing::AssertionFailure() << what; };
  const auto report = host_.check();
  if (report.exit_code != kHealthy && report.exit_code != kWarning) return fails("not healthy: " + report.printed);
  for (const auto& path : {time_, space_})
    if (rows_at(path).size() != 1) return fails(fmt::format("{} layers on {}", rows_at(path).size(), path));
  if (read_text(time_ + "/backup") != kBackup) return fails("the data of /time changed");
  if (read_text(space_ + "/photos") != kPhotos) return fails("the data of /space changed");
  for (const auto* share : {"time", "space"}) {
    const auto listed = smbd_->client(share, "ls");
    if (listed.status.code != 0) return fails(share + std::string(": ") + listed.standard_output);
    const auto written = smbd_->client(share, "put /etc/hostname from-a-client; rm from-a-client");
    if (written.status.code != 0 || written.standard_output.find("NT_STATUS") != std::string::npos)
      return fails(share + std::string(": ") + written.standard_output);
  }
  return ::testing::AssertionSuccess();
}

bool FileServer::samba_is_stopped() const {
  return processes_named_smbd().empty();
}

std::string FileServer::fingerprint() const {
  std::string text = "smbd " + processes_named_smbd();
  for (const auto& row : mount_rows()) text += row.target + " " + row.source + "\n";
  return text;
}

void FileServerTest::on_a_host(const std::function<void()>& body) {
  in_pid_namespace([&](const std::string& procfs) {
    bind_mount(procfs, "/proc");
    body();
  });
}

}  // namespace motoko::testing
