// What a fix must not touch, and what it does not touch where it is told to look only.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "exporter/base/unique_fd.h"
#include "tests/e2e/file_server.h"

namespace motoko::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr int kRefused = 2;

class FixRefusals : public FileServerTest {
 protected:
  /// Refused with that text; the mount table and smbd are as before.
  static void expect_refusal(FileServer& server, const std::string& says) {
    const auto before = server.fingerprint();
    for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {"--force"}}) {
      const auto report = server.fix(arguments);
      EXPECT_EQ(report.exit_code, kRefused) << report.printed;
      EXPECT_EQ(report.outcome(), "refused");
      EXPECT_THAT(report.detail(), HasSubstr(says));
      EXPECT_EQ(server.fingerprint(), before);
    }
  }
};

TEST_F(FixRefusals, WhereTheDiskIsNotThereNameTheDiskToPlugIn) {
  on_a_host([] {
    FileServer server;
    server.pull();
    expect_refusal(server, "the test disk");
    server.plug_in();
    EXPECT_EQ(server.fix().outcome(), "fixed");
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(FixRefusals, WhereTwoDisksHaveOneUuid) {
  on_a_host([] {
    FileServer server;
    auto twin = server.time_disk().copy_with_same_uuid();
    server.time_disk().shutdown(server.time());
    expect_refusal(server, twin.device());
    ASSERT_TRUE(twin.detach());
    EXPECT_EQ(server.fix().outcome(), "fixed");
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(FixRefusals, WhereSomethingUnguardedIsMountedBelow) {
  on_a_host([] {
    FileServer server;
    const auto below = server.time() + "/scratch";
    run_checked({{"mkdir", below}});
    mount_tmpfs(below);
    server.time_disk().shutdown(server.time());
    expect_refusal(server, "/scratch (");
  });
}

TEST_F(FixRefusals, WhileAnotherProgramHasTheDeviceForItself) {
  on_a_host([] {
    FileServer server;
    server.smbd().stop();
    server.time_disk().unmount(server.time());
    server.smbd().start();
    const base::UniqueFd checking(::open(server.time_disk().device().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    ASSERT_TRUE(checking.valid());
    expect_refusal(server, "such as e2fsck");
  });
}

TEST_F(FixRefusals, InAMountNamespaceThatIsNotTheHosts) {
  on_a_host([] {
    FileServer server;
    server.time_disk().shutdown(server.time());
    const auto before = server.fingerprint();
    const auto finished = run({{"unshare", "--mount", program_path("motokoctl"), "fix", "--format=json",
                                "--config.file=" + server.host().write_config()}});
    EXPECT_EQ(finished.status.code, kRefused) << finished.standard_output << finished.standard_error;
    EXPECT_THAT(finished.standard_output, HasSubstr("mount namespace"));
    EXPECT_EQ(server.fingerprint(), before);
  });
}

TEST_F(FixRefusals, ForAnybodyButRoot) {
  on_a_host([] {
    FileServer server;
    server.time_disk().shutdown(server.time());
    const auto config = server.host().write_config();
    run_checked({{"chmod", "a+rX", server.host().directory().path(), config, server.host().fstab_file()}});
    const auto before = server.fingerprint();
    const auto finished = run({.argv = {program_path("motokoctl"), "fix", "--format=json", "--config.file=" + config},
                               .unprivileged = 65534});
    EXPECT_EQ(finished.status.code, kRefused) << finished.standard_output << finished.standard_error;
    EXPECT_THAT(finished.standard_output, HasSubstr("root"));
    EXPECT_EQ(server.fingerprint(), before);
  });
}

TEST_F(FixRefusals, ABadConfigurationIsNoRefusalButAUsageError) {
  on_a_host([] {
    FileServer server;
    server.host().configure("nonsense", "1");
    for (const auto* command : {"fix", "plan", "history", "reset"})
      EXPECT_EQ(server.host().motokoctl({command}).status.code, 3) << command;
    EXPECT_EQ(run({{program_path("motokoctl"), "fix", "--no-such-flag"}}).status.code, 3);
    EXPECT_EQ(run({{program_path("motokoctl"), "check", "--no-such-flag"}}).status.code, 2);
  });
}

TEST_F(FixRefusals, ModeOffMeansOff) {
  on_a_host([] {
    FileServer server({"mode: off"});
    server.time_disk().shutdown(server.time());
    expect_refusal(server, "remediation.mode is off");
  });
}

TEST_F(FixRefusals, AHistoryThatCannotBeWrittenMeansNoRun) {
  on_a_host([] {
    FileServer server;
    server.time_disk().shutdown(server.time());
    write_file(server.state_dir(), "a file where the directory should be");
    expect_refusal(server, server.state_dir());
  });
}

TEST_F(FixRefusals, ShadowPlansRecordsAndChangesNothing) {
  on_a_host([] {
    FileServer server({"mode: shadow"});
    server.incident();
    const auto before = server.fingerprint();
    const auto report = server.fix();
    EXPECT_EQ(report.exit_code, 0) << report.printed;
    EXPECT_EQ(report.outcome(), "shadow");
    EXPECT_EQ(report.json.at("run"), 1);
    EXPECT_THAT(report.step_detail("detach_layers"), HasSubstr("2 layers"));
    EXPECT_EQ(server.fingerprint(), before);
    EXPECT_EQ(server.command({"history", "--format=json"}).json.at(0).at("outcome"), "shadow");
  });
}

TEST_F(FixRefusals, PlanAndDryRunSayWhatWouldBeDoneAndLeaveNoTrace) {
  on_a_host([] {
    FileServer server;
    server.incident();
    const auto before = server.fingerprint();
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{"plan", "--format=json"}, {"fix", "--dry-run", "--format=json"}}) {
      const auto report = server.command(arguments);
      EXPECT_EQ(report.exit_code, 0) << report.printed;
      EXPECT_EQ(report.outcome(), "shadow");
      EXPECT_EQ(report.steps(),
                (std::vector<std::string>{"stop_samba skipped", "detach_layers skipped", "release_holders skipped",
                                          "check_filesystem skipped", "mount skipped", "verify_mount skipped",
                                          "start_samba skipped", "verify_samba skipped", "settle skipped"}));
      EXPECT_EQ(server.fingerprint(), before);
    }
    EXPECT_EQ(server.command({"history", "--format=json"}).json.size(), 0U);
    const auto text = server.host().motokoctl({"plan"});
    EXPECT_THAT(text.standard_output, HasSubstr("would end with: 2 layers detached"));
  });
}

TEST_F(FixRefusals, PlanOfARefusalSaysWhy) {
  on_a_host([] {
    FileServer server;
    server.pull();
    const auto report = server.command({"plan", "--format=json"});
    EXPECT_EQ(report.exit_code, kRefused) << report.printed;
    EXPECT_THAT(report.detail(), HasSubstr("the test disk"));
  });
}

TEST_F(FixRefusals, CheckWithFixReportsTheHostAsItIsAfterwards) {
  on_a_host([] {
    FileServer server;
    server.incident();
    const auto report = server.command({"check", "--fix", "--format=json"});
    EXPECT_LE(report.exit_code, kWarning) << report.printed;
    EXPECT_EQ(report.json.at("healthy"), true);
    EXPECT_TRUE(server.serves());
    EXPECT_EQ(server.command({"history", "--format=json"}).json.at(0).at("trigger"), "check --fix");

    server.pull();
    const auto broken = server.command({"check", "--fix", "--format=json"});
    EXPECT_EQ(broken.exit_code, kCritical) << broken.printed;
  });
}

// A disk that only does not answer is left to answer.
TEST_F(FixRefusals, OnAHungDiskChangeNothing) {
  on_a_host([] {
    GuardedHost host;
    FuseDisk hung;
    const auto path = host.guard("time", hung.disk().uuid());
    host.configure("remediation", "{state_dir: " + host.directory().path("state") + "}");
    hung.disk().mount(path);
    write_file(path + "/file", std::string(8192, 'x'));
    hung.disk().flush();
    hung.hang();
    const auto before = rows_at(path);
    const auto start = std::chrono::steady_clock::now();
    const auto finished = host.motokoctl({"fix", "--format=json"});
    EXPECT_EQ(finished.status.code, kRefused) << finished.standard_output << finished.standard_error;
    EXPECT_THAT(finished.standard_output, HasSubstr("does not answer"));
    EXPECT_EQ(rows_at(path), before);
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
    hung.answer();
    EXPECT_TRUE(eventually(seconds(10), [&] { return host.motokoctl({"fix"}).status.code == 0; }));
  });
}

}  // namespace
}  // namespace motoko::testing
