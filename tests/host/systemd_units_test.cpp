// Against a real systemd of the test's own.
#include "exporter/host/systemd_units.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "exporter/base/unique_fd.h"
#include "exporter/host/samba_unit.h"
#include "tests/support/eventually.h"
#include "tests/support/systemd_machine.h"
#include "tests/support/temp_dir.h"

namespace motoko::host {
namespace {

using base::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kEnough{30};

std::string message_of(const Status& status) {
  return status ? "success" : status.error().message();
}

bool says(const Status& status, const std::string& text) {
  return message_of(status).find(text) != std::string::npos;
}

TEST(SystemdIsRunning, WhereItsDirectoryIs) {
  const testing::TempDir run;
  EXPECT_FALSE(systemd_is_running(run.path()));
  run.make_directory("systemd/system");
  EXPECT_TRUE(systemd_is_running(run.path()));
}

TEST(SystemdConnect, SaysWhatToDoWithoutSystemd) {
  const testing::TempDir run;
  const auto units = SystemdUnits::connect(run.path());
  ASSERT_FALSE(units);
  EXPECT_TRUE(units.error().is(std::errc::not_supported)) << units.error().message();
  EXPECT_NE(units.error().message().find("samba.control: command"), std::string::npos);
}

TEST(SystemdConnect, NamesBothWaysWhereNeitherIsThere) {
  const testing::TempDir run;
  run.make_directory("systemd/system");
  const auto units = SystemdUnits::connect(run.path());
  ASSERT_FALSE(units);
  EXPECT_TRUE(units.error().is(std::errc::no_such_file_or_directory));
  EXPECT_NE(units.error().message().find("/systemd/private"), std::string::npos) << units.error().message();
  EXPECT_NE(units.error().message().find("/dbus/system_bus_socket"), std::string::npos) << units.error().message();
}

TEST(SystemdConnect, GivesUpOnASocketThatNeverAnswers) {
  const testing::TempDir run;
  run.make_directory("systemd/system");
  const auto path = run.path("systemd/private");
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 8), 0);
  run.make_directory("dbus");
  std::filesystem::create_symlink(path, run.path("dbus/system_bus_socket"));
  const auto units = SystemdUnits::connect(run.path(), milliseconds(200));
  ASSERT_FALSE(units);
  EXPECT_TRUE(units.error().is(std::errc::timed_out)) << units.error().message();
}

class SystemdUnitsTest : public ::testing::Test {
 protected:
  void SetUp() override { MOTOKO_REQUIRE_SYSTEMD_MACHINE("starting and stopping units of systemd"); }

  /// Boots at the first call, with `services_`.
  testing::SystemdMachine& machine() {
    if (machine_) return *machine_;
    testing::MachineOptions options;
    for (const auto& [name, lines] : services_) options.files["/etc/systemd/system/" + name] = lines;
    return machine_.emplace(options);
  }
  SystemdUnits& units() {
    if (units_) return *units_;
    auto connected = SystemdUnits::connect(machine().path("/run"));
    if (!connected) throw std::runtime_error(connected.error().message());
    return units_.emplace(*std::move(connected));
  }
  UnitState state(const std::string& unit) {
    auto state = units().state(unit);
    if (!state) throw std::runtime_error(state.error().message());
    return *std::move(state);
  }
  /// "active exited": both states of the unit.
  std::string states(const std::string& unit) {
    const auto now = state(unit);
    return now.active_state + " " + now.sub_state;
  }
  void service(const std::string& name, const std::string& exec_start, const std::string& unit_lines = "",
               const std::string& service_lines = "") {
    services_[name] =
        fmt::format("[Unit]\n{}\n[Service]\nType=oneshot\nExecStart={}\n{}\n", unit_lines, exec_start, service_lines);
  }

 private:
  std::map<std::string, std::string> services_;
  std::optional<testing::SystemdMachine> machine_;
  std::optional<SystemdUnits> units_;
};

TEST_F(SystemdUnitsTest, StartAndStopReturnWhenItIsDone) {
  service("ok.service", "/bin/sleep 0.3", "", "RemainAfterExit=yes\nExecStop=/bin/sleep 0.3");
  EXPECT_TRUE(systemd_is_running(machine().path("/run")));
  EXPECT_EQ(states("ok.service"), "inactive dead");
  EXPECT_EQ(message_of(units().start("ok.service", kEnough)), "success");
  EXPECT_EQ(states("ok.service"), "active exited");
  EXPECT_EQ(message_of(units().start("ok.service", kEnough)), "success") << "started already";
  EXPECT_EQ(message_of(units().stop("ok.service", kEnough)), "success");
  EXPECT_EQ(states("ok.service"), "inactive dead");
  EXPECT_EQ(message_of(units().stop("ok.service", kEnough)), "success") << "stopped already";
}

TEST_F(SystemdUnitsTest, StateSaysWhereTheUnitIsFrom) {
  service("ok.service", "/bin/true");
  EXPECT_EQ(state("ok.service"), (UnitState{.id = "ok.service",
                                            .load_state = "loaded",
                                            .active_state = "inactive",
                                            .sub_state = "dead",
                                            .result = "success",
                                            .unit_file_state = "static",
                                            .fragment_path = "/etc/systemd/system/ok.service",
                                            .source_path = "",
                                            .need_daemon_reload = false}));
  EXPECT_EQ(state("missing.service").load_state, "not-found");
  EXPECT_FALSE(units().state("no unit name"));
}

TEST_F(SystemdUnitsTest, AFailedStartSaysWhatHappenedAndHowToLook) {
  service("fails.service", "/bin/false");
  const auto status = units().start("fails.service", kEnough);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "start fails.service: systemd's job ended as failed; the unit is failed (failed), result exit-code (see "
            "systemctl status fails.service and journalctl -u fails.service)");
}

TEST_F(SystemdUnitsTest, AFailedDependencyIsNoSuccess) {
  service("fails.service", "/bin/false");
  service("needs.service", "/bin/true", "Requires=fails.service\nAfter=fails.service");
  EXPECT_TRUE(says(units().start("needs.service", kEnough), "ended as dependency (something that it needs failed)"));
}

TEST_F(SystemdUnitsTest, SystemdsOwnLimitIsNoSuccess) {
  service("slow.service", "/bin/sleep 60", "JobRunningTimeoutSec=200ms");
  const auto status = units().start("slow.service", kEnough);
  EXPECT_TRUE(says(status, "ended as timeout")) << message_of(status);
}

TEST_F(SystemdUnitsTest, AMissingOrMaskedUnitIsSaidAtOnce) {
  service("ok.service", "/bin/true");
  const auto missing = units().start("missing.service", kEnough);
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(std::errc::no_such_file_or_directory)) << missing.error().message();
  EXPECT_TRUE(says(missing, "start missing.service: Unit missing.service not found"));
  EXPECT_TRUE(says(units().stop("missing.service", kEnough), "Unit missing.service not loaded"));

  std::filesystem::remove(machine().path("/etc/systemd/system/ok.service"));
  machine().run_checked({"systemctl", "mask", "ok.service"});
  EXPECT_EQ(state("ok.service").load_state, "masked");
  EXPECT_TRUE(says(units().start("ok.service", kEnough), "is masked. Undo that with systemctl unmask."));
}

TEST_F(SystemdUnitsTest, AJobThatEndsBeforeItsReplyIsNotMissed) {
  service("fast.service", "/bin/true", "StartLimitIntervalSec=0");
  service("unmet.service", "/bin/true", "ConditionPathExists=/nowhere");
  service("ok.service", "/bin/true", "", "RemainAfterExit=yes");
  EXPECT_EQ(message_of(units().start("ok.service", kEnough)), "success");
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(message_of(units().start("fast.service", kEnough)), "success");
    ASSERT_EQ(message_of(units().start("ok.service", kEnough)), "success") << "nothing to do: ends at once";
    ASSERT_EQ(message_of(units().start("unmet.service", kEnough)), "success");
  }
}

TEST_F(SystemdUnitsTest, AfterTheDeadlineARunningJobGoesOn) {
  service("slow.service", "/bin/sleep 60");
  const auto status = units().start("slow.service", milliseconds(300));
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().is(std::errc::timed_out));
  EXPECT_TRUE(says(status, "not done within 300ms; systemd goes on with it; the unit is activating (start)"))
      << message_of(status);
  EXPECT_EQ(states("slow.service"), "activating start");
  EXPECT_EQ(message_of(units().stop("slow.service", kEnough)), "success");
}

TEST_F(SystemdUnitsTest, AfterTheDeadlineAJobThatWaitsIsCancelled) {
  service("slow.service", "/bin/sleep 60");
  service("waits.service", "/bin/true", "Requires=slow.service\nAfter=slow.service");
  const auto status = units().start("waits.service", milliseconds(300));
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().is(std::errc::timed_out));
  EXPECT_TRUE(says(status, "its job still waited for others, and is cancelled")) << message_of(status);
  const auto jobs = machine().run_checked({"systemctl", "list-jobs", "--no-legend", "--no-pager"});
  EXPECT_EQ(jobs.find("waits.service"), std::string::npos) << jobs;
  EXPECT_NE(jobs.find("slow.service"), std::string::npos) << jobs;
}

TEST_F(SystemdUnitsTest, AStopThatTakesTooLongIsNoSuccess) {
  service("slow.service", "/bin/true", "", "RemainAfterExit=yes\nExecStop=/bin/sleep 60");
  EXPECT_EQ(message_of(units().start("slow.service", kEnough)), "success");
  const auto status = units().stop("slow.service", milliseconds(300));
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().is(std::errc::timed_out));
  EXPECT_TRUE(says(status, "systemd goes on with it; the unit is deactivating (stop)")) << message_of(status);
}

TEST_F(SystemdUnitsTest, ResetFailedLiftsTheStartLimit) {
  service("limited.service", "/bin/true", "StartLimitIntervalSec=10min\nStartLimitBurst=2");
  // As local-fs.target does with mounts: what nobody wants is forgotten as soon as it ends, its count of starts too.
  service("keeper.service", "/bin/true", "Wants=limited.service\nAfter=limited.service", "RemainAfterExit=yes");
  EXPECT_EQ(message_of(units().reset_failed("limited.service")), "success") << "never failed";
  EXPECT_EQ(message_of(units().reset_failed("missing.service")), "success") << "does not exist";
  EXPECT_EQ(message_of(units().start("keeper.service", kEnough)), "success");
  EXPECT_EQ(message_of(units().reset_failed("limited.service")), "success");
  EXPECT_EQ(message_of(units().start("limited.service", kEnough)), "success");
  EXPECT_EQ(message_of(units().start("limited.service", kEnough)), "success");
  const auto refused = units().start("limited.service", kEnough);
  EXPECT_TRUE(says(refused, "the unit is failed (failed), result start-limit-hit")) << message_of(refused);
  EXPECT_EQ(message_of(units().reset_failed("limited.service")), "success");
  EXPECT_EQ(message_of(units().start("limited.service", kEnough)), "success");
}

TEST_F(SystemdUnitsTest, WorkThroughTheSystemBusAlone) {
  service("ok.service", "/bin/true", "StartLimitIntervalSec=0");
  const testing::TempDir run;
  run.make_directory("systemd/system");
  run.make_directory("dbus");
  std::filesystem::create_symlink(machine().path("/run/dbus/system_bus_socket"), run.path("dbus/system_bus_socket"));
  auto through_bus = SystemdUnits::connect(run.path());
  ASSERT_TRUE(through_bus) << through_bus.error().message();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(message_of(through_bus->start("ok.service", kEnough)), "success");
  EXPECT_EQ(message_of(through_bus->daemon_reload(kEnough)), "success");
  EXPECT_EQ(message_of(through_bus->stop("ok.service", kEnough)), "success");
  EXPECT_EQ(through_bus->state("ok.service")->load_state, "loaded");
}

/// Runs in the machine as a user who may do nothing, and returns what was said.
std::string said_to_nobody(const testing::SystemdMachine& machine, const std::function<std::string()>& body) {
  const testing::TempDir directory;
  const auto file = directory.write("said", "");
  const base::UniqueFd output(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const base::UniqueFd mounts(::open(machine.path("/proc/1/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::setns(mounts.get(), CLONE_NEWNS) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(1);
    const auto said = body();
    ::_exit(::write(output.get(), said.data(), said.size()) < 0 ? 1 : 0);
  }
  ::waitpid(child, nullptr, 0);
  return testing::read_text(file);
}

TEST_F(SystemdUnitsTest, WithoutRightsMayAskButNotStart) {
  service("ok.service", "/bin/true");
  EXPECT_EQ(said_to_nobody(machine(),
                           [] {
                             auto units = SystemdUnits::connect();
                             return units ? units->state("ok.service")->load_state : units.error().message();
                           }),
            "loaded");
  EXPECT_EQ(said_to_nobody(machine(),
                           [] {
                             auto units = SystemdUnits::connect();
                             if (!units) return units.error().message();
                             const auto status = units->start("ok.service", kEnough);
                             return !status && status.error().is(std::errc::permission_denied) ? std::string("denied")
                                                                                               : message_of(status);
                           }),
            "denied");
  EXPECT_EQ(states("ok.service"), "inactive dead");
}

TEST_F(SystemdUnitsTest, EndTheWaitWhenSystemdIsGone) {
  service("slow.service", "/bin/sleep 60");
  const pid_t pid = machine().pid();
  (void)units();
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(300));
    ::kill(pid, SIGKILL);
  });
  const auto status = units().start("slow.service", seconds(60));
  killer.join();
  EXPECT_TRUE(says(status, "lost the connection to systemd")) << message_of(status);
}

TEST_F(SystemdUnitsTest, DoNotWaitForASystemdThatDoesNotAnswer) {
  service("ok.service", "/bin/true", "", "RemainAfterExit=yes");
  (void)units();
  ::kill(machine().pid(), SIGSTOP);
  for (const auto& status :
       {units().daemon_reload(milliseconds(200)), units().start("ok.service", milliseconds(200))}) {
    EXPECT_FALSE(status);
    EXPECT_TRUE(!status && status.error().is(std::errc::timed_out)) << message_of(status);
    EXPECT_TRUE(says(status, "systemd does not answer") || says(status, "listen to systemd's jobs"));
  }
  ::kill(machine().pid(), SIGCONT);
  EXPECT_EQ(message_of(units().daemon_reload(kEnough)), "success");
  EXPECT_EQ(message_of(units().start("ok.service", kEnough)), "success");
  EXPECT_EQ(states("ok.service"), "active exited");
}

TEST_F(SystemdUnitsTest, FindTheUnitOfSamba) {
  service("smb.service", "/bin/true");
  machine().run({"systemctl", "mask", "smbd.service"});  // that of this host's Samba
  EXPECT_EQ(*find_samba_unit(units()), "smb.service");
  machine().run({"systemctl", "unmask", "smbd.service"});
  if (state("smbd.service").load_state != "loaded") GTEST_SKIP() << "NOT TESTED: Debian's smbd.service (no samba)";
  std::filesystem::remove(machine().path("/etc/systemd/system/smb.service"));
  EXPECT_EQ(message_of(units().daemon_reload(kEnough)), "success");
  EXPECT_EQ(*find_samba_unit(units()), "smbd.service");
}

}  // namespace
}  // namespace motoko::host
