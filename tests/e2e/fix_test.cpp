// `motokoctl fix` on real faults, with a real smbd.
#include <gmock/gmock.h>

#include "tests/e2e/file_server.h"

namespace motoko::testing {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

using Steps = std::vector<std::string>;

constexpr int kFixed = 0;
constexpr int kFailed = 1;

class Fix : public FileServerTest {};

/// A file system whose root directory is gone: e2fsck -p does not dare to repair that.
void garble(LoopDisk& disk, const std::string& mountpoint) {
  disk.shutdown(mountpoint);
  disk.lazy_unmount(mountpoint);
  ASSERT_TRUE(eventually(seconds(5), [&] { return disk.ext4_attribute("errors_count").empty(); }));
  run({{"e2fsck", "-p", disk.device()}});
  run_checked({{"debugfs", "-w", "-R", "clri <2>", disk.device()}});
  run_checked({{"debugfs", "-w", "-R", "ssv state 2", disk.device()}});
}

TEST_F(Fix, CuresTheIncidentWithTheDataIntactAndTheOtherMountUntouched) {
  on_a_host([] {
    FileServer server;
    const auto client = server.smbd().client_with_open_file("time", "being-written");
    ASSERT_TRUE(eventually(seconds(10), [&] {
      return run({{"ls", server.time()}}).standard_output.find("being-written") != std::string::npos;
    }));
    const auto space_before = rows_at(server.space());
    server.incident();
    ASSERT_EQ(rows_at(server.time()).size(), 2U);
    ASSERT_EQ(server.host().check().exit_code, kCritical);

    const auto report = server.fix();
    EXPECT_EQ(report.exit_code, kFixed) << report.printed;
    EXPECT_EQ(report.outcome(), "fixed");
    EXPECT_EQ(report.json.at("run"), 1);
    EXPECT_THAT(report.steps(), Contains("mount done"));
    EXPECT_THAT(report.step_detail("detach_layers"), HasSubstr("2 layers detached"));
    EXPECT_THAT(report.step_detail("verify_samba"), HasSubstr("listed: time, space"));
    EXPECT_FALSE(report.json.at("findings_before").empty());
    EXPECT_TRUE(server.serves());
    EXPECT_EQ(rows_at(server.space()), space_before);
    EXPECT_EQ(server.smbd().starts(), 2);
    EXPECT_LT(report.took, seconds(5)) << report.printed;
  });
}

TEST_F(Fix, ChangesNothingOnAHealthyHost) {
  on_a_host([] {
    FileServer server;
    const auto before = server.fingerprint();
    const auto report = server.fix();
    EXPECT_EQ(report.exit_code, kFixed) << report.printed;
    EXPECT_EQ(report.outcome(), "healthy");
    EXPECT_EQ(report.steps(), Steps{});
    EXPECT_EQ(server.fingerprint(), before);
  });
}

TEST_F(Fix, StartsSambaAloneWhereItAloneIsDown) {
  on_a_host([] {
    FileServer server;
    const auto mounts = mount_rows();
    server.smbd().stop();
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_EQ(report.steps(), (Steps{"start_samba done", "verify_samba done"}));
    EXPECT_EQ(mount_rows(), mounts);
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, MountsWhatIsNotMounted) {
  on_a_host([] {
    FileServer server;
    server.time_disk().lazy_unmount(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, PeelsSuperfluousLayersWithoutTouchingSamba) {
  on_a_host([] {
    FileServer server;
    bind_mount(server.time(), server.time());
    bind_mount(server.time(), server.time());
    ASSERT_EQ(rows_at(server.time()).size(), 3U);
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_EQ(report.steps(), (Steps{"detach_layers done", "verify_mount done", "settle done"}));
    EXPECT_EQ(server.smbd().starts(), 1);
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, ChecksWhatTheKernelMadeReadOnlyAndMountsItAgain) {
  on_a_host([] {
    FileServer server({}, {.errors = "remount-ro"});
    server.time_disk().trigger_fs_error();
    ASSERT_THAT(server.host().check().codes(server.time()), Contains("emergency_ro"));
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_THAT(report.steps(), Contains("check_filesystem done"));
    EXPECT_EQ(server.time_disk().ext4_attribute("errors_count"), "0");
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, CuresAFileSystemThatWasShutDown) {
  on_a_host([] {
    FileServer server;
    server.time_disk().shutdown(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, CuresADeadLayerUnderALiveOne) {
  on_a_host([] {
    FileServer server;
    LoopDisk other;
    server.time_disk().lazy_unmount(server.time());
    other.mount(server.time());
    other.shutdown(server.time());
    server.time_disk().mount(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, NeverMountsADeadSuperblockThatAProcessHoldsAndNamesTheProcess) {
  on_a_host([] {
    FileServer server;
    ChildProcess holder({{"sh", "-c", "exec sleep 600 <" + server.time() + "/backup"}});
    ASSERT_TRUE(eventually(seconds(5),
                           [&] { return read_text("/proc/" + std::to_string(holder.pid()) + "/comm") == "sleep\n"; }));
    server.time_disk().shutdown(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.exit_code, kFailed) << report.printed;
    EXPECT_EQ(report.outcome(), "failed");
    EXPECT_THAT(report.detail(), HasSubstr("sleep (pid " + std::to_string(holder.pid()) + "): an open file"));
    EXPECT_THAT(report.detail(), HasSubstr("Samba is left stopped"));
    EXPECT_TRUE(rows_at(server.time()).empty());
    EXPECT_TRUE(server.samba_is_stopped());
    EXPECT_TRUE(holder.running());

    holder.send(SIGKILL);
    ASSERT_TRUE(holder.wait(seconds(5)));
    const auto again = server.fix();
    EXPECT_EQ(again.outcome(), "fixed") << again.printed;
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, DoesNotHoldTheDeadFileSystemItselfWhereItWasStartedFromWithin) {
  on_a_host([] {
    FileServer server;
    const auto config = server.host().write_config();
    server.time_disk().shutdown(server.time());
    const auto finished = run({{"sh", "-c",
                                "cd '" + server.time() + "' && exec " + program_path("motokoctl") +
                                    " fix --format=json --config.file=" + config}},
                              seconds(60));
    EXPECT_EQ(finished.status.code, kFixed) << finished.standard_output << finished.standard_error;
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, EndsTheHoldersWhereThatIsConfigured) {
  on_a_host([] {
    FileServer server({"kill_holders: true"});
    ChildProcess holder({{"sh", "-c", "cd " + server.time() + " && exec sleep 600"}});
    ASSERT_TRUE(eventually(seconds(5),
                           [&] { return read_text("/proc/" + std::to_string(holder.pid()) + "/comm") == "sleep\n"; }));
    server.time_disk().shutdown(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_FALSE(holder.running());
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, LeavesSambaStoppedWhereTheFileSystemCannotBeRepairedAndSaysSo) {
  on_a_host([] {
    FileServer server;
    garble(server.time_disk(), server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.exit_code, kFailed) << report.printed;
    EXPECT_THAT(report.steps(), Contains("check_filesystem failed"));
    EXPECT_THAT(report.detail(), HasSubstr("e2fsck"));
    EXPECT_THAT(report.detail(), HasSubstr("Samba is left stopped"));
    EXPECT_TRUE(rows_at(server.time()).empty());
    EXPECT_EQ(rows_at(server.space()).size(), 1U);
    EXPECT_TRUE(server.samba_is_stopped());
  });
}

TEST_F(Fix, SettlesAndLooksAgain) {
  on_a_host([] {
    FileServer server({"settle: 1s"});
    server.time_disk().shutdown(server.time());
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_GE(report.json.at("steps").back().at("duration_seconds").get<double>(), 1.0);
  });
}

TEST_F(Fix, OfAHostWithoutSambaTouchesNone) {
  on_a_host([] {
    FileServer server;
    server.host().configure("samba", "{enabled: false}");
    server.incident();
    const auto report = server.fix();
    EXPECT_EQ(report.outcome(), "fixed") << report.printed;
    EXPECT_THAT(report.steps(), Not(Contains("stop_samba done")));
    EXPECT_EQ(server.smbd().starts(), 1);
  });
}

// Five at once: one repairs, the others say that it does.
TEST_F(Fix, IsOneRunHoweverManyAskAtOnce) {
  on_a_host([] {
    FileServer server({"cooldown: 5m"});
    server.incident();
    const auto config = "--config.file=" + server.host().write_config();
    std::vector<std::unique_ptr<ChildProcess>> calls;
    for (int i = 0; i < 5; ++i)
      calls.push_back(
          std::make_unique<ChildProcess>(Command{{program_path("motokoctl"), "fix", "--format=json", config}}));
    std::multiset<std::string> outcomes;
    std::multiset<int> codes;
    for (auto& call : calls) {
      const auto status = call->wait(seconds(60));
      ASSERT_TRUE(status);
      codes.insert(status->code);
      outcomes.insert(nlohmann::json::parse(call->standard_output()).at("outcome").get<std::string>());
    }
    EXPECT_EQ(outcomes.count("fixed"), 1U);
    EXPECT_EQ(outcomes.count("busy"), 4U) << ::testing::PrintToString(outcomes);
    EXPECT_EQ(codes.count(4), 4U);
    EXPECT_EQ(server.smbd().starts(), 2);
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, WaitsBetweenTwoChangesUnlessItIsForced) {
  on_a_host([] {
    FileServer server({"cooldown: 5m"});
    server.time_disk().shutdown(server.time());
    ASSERT_EQ(server.fix().outcome(), "fixed");
    server.time_disk().shutdown(server.time());
    const auto before = server.fingerprint();
    const auto suppressed = server.fix();
    EXPECT_EQ(suppressed.exit_code, 2) << suppressed.printed;
    EXPECT_EQ(suppressed.outcome(), "suppressed");
    EXPECT_EQ(server.fingerprint(), before);
    EXPECT_EQ(server.fix({"--force"}).outcome(), "fixed");
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(Fix, TriesSoManyTimesAndThenHoldsUntilItIsReset) {
  on_a_host([] {
    FileServer server({"max_attempts: 2"});
    garble(server.time_disk(), server.time());
    EXPECT_EQ(server.fix().outcome(), "failed");
    EXPECT_EQ(server.fix().outcome(), "failed");
    for (int i = 0; i < 2; ++i) {
      const auto held = server.fix();
      EXPECT_EQ(held.outcome(), "suppressed") << held.printed;
      EXPECT_EQ(held.exit_code, 2);
      EXPECT_THAT(held.detail(), HasSubstr("motokoctl reset"));
    }
    EXPECT_EQ(server.fix({"--force"}).outcome(), "failed");
    EXPECT_EQ(server.host().motokoctl({"reset"}).status.code, 0);
    EXPECT_EQ(server.fix().outcome(), "failed");

    const auto history = server.command({"history", "--format=json"});
    ASSERT_EQ(history.json.size(), 6U) << history.printed;
    EXPECT_EQ(history.json.at(0).at("outcome"), "failed");
    EXPECT_EQ(history.json.at(0).at("run"), 6);
    EXPECT_EQ(history.json.at(5).at("run"), 1);
    EXPECT_FALSE(history.json.at(5).at("steps").empty());
  });
}

}  // namespace
}  // namespace motoko::testing
