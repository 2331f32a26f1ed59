// Several tests on one machine may run an smbd at the same time, so what must not be found is shown in a tree of files
// or in a PID namespace of the test's own.
#include "exporter/sources/smbd_process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/support/pid_namespace.h"
#include "tests/support/smbd_server.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

/// A procfs made of files, with init as its first process.
class FixtureProcfs {
 public:
  FixtureProcfs() { add(1, "systemd", 'S', 0, 10); }

  FixtureProcfs& add(int pid, const std::string& name, char state, int parent, int start_time) {
    directory_.write(
        fmt::format("{}/stat", pid),
        fmt::format("{} ({}) {} {} 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 {} 1000 200 18446744073709551615 0\n", pid,
                    name, state, parent, start_time));
    return *this;
  }
  FixtureProcfs& write(const std::string& file, const std::string& text) {
    directory_.write(file, text);
    return *this;
  }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] std::optional<SmbdProcess> found() const {
    const auto process = find_main_smbd(path());
    EXPECT_TRUE(process) << process.error().message();
    return process.value_or(std::nullopt);
  }

 private:
  testing::TempDir directory_;
};

TEST(MainSmbd, IsTheOneWhoseParentIsNoSmbd) {
  FixtureProcfs procfs;
  procfs.add(700, "smbd", 'S', 4100, 900).add(4100, "smbd", 'S', 1, 800).add(5000, "smbd", 'S', 4100, 1000);
  EXPECT_EQ(procfs.found(), (SmbdProcess{4100, 800}));
}

// Anybody may give a process that name, and a container has a server of its own.
TEST(MainSmbd, OfThisHostBelongsToRootAndToItsPidNamespace) {
  FixtureProcfs procfs;
  procfs.add(700, "smbd", 'S', 1, 900).write("700/status", "Name:\tsmbd\nUid:\t65534\t65534\t65534\t65534\n");
  procfs.add(800, "smbd", 'S', 1, 901).write("800/status", "Name:\tsmbd\nUid:\t0\t0\t0\t0\nNSpid:\t800\t1\n");
  EXPECT_EQ(*find_main_smbd(procfs.path(), SmbdKind::of_this_host), std::nullopt);
  EXPECT_TRUE(procfs.found());
  procfs.add(900, "smbd", 'S', 1, 902).write("900/status", "Name:\tsmbd\nUid:\t0\t1000\t0\t1000\nNSpid:\t900\n");
  EXPECT_EQ(*find_main_smbd(procfs.path(), SmbdKind::of_this_host), (SmbdProcess{900, 902}));
}

TEST(MainSmbd, MayBeTheFirstProcessOfAContainer) {
  FixtureProcfs procfs;
  procfs.add(1, "smbd", 'S', 0, 5);
  EXPECT_EQ(procfs.found(), (SmbdProcess{1, 5}));
}

TEST(MainSmbd, CountsWhenStoppedOrStuckButNotWhenDead) {
  for (const char state : {'T', 'D', 'R', 'I', 't'}) {
    FixtureProcfs procfs;
    EXPECT_TRUE(procfs.add(20, "smbd", state, 1, 5).found()) << state;
  }
  for (const char state : {'Z', 'X'}) {
    FixtureProcfs procfs;
    EXPECT_FALSE(procfs.add(20, "smbd", state, 1, 5).found()) << state;
  }
}

TEST(MainSmbd, IsNotAProcessWithASimilarName) {
  FixtureProcfs procfs;
  procfs.add(20, "smbd-notifyd", 'S', 1, 5)
      .add(21, "nmbd", 'S', 1, 5)
      .add(22, "a (smbd) S 1", 'S', 1, 5)
      .add(23, "smbd) S 1 (x", 'S', 1, 5)
      .write("smbd/stat", "24 (smbd) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5 0")
      .write("25/stat", "")
      .write("26/stat", "26 (smbd) S 1 1")
      .write("27/comm", "smbd\n");
  EXPECT_FALSE(procfs.found());
}

TEST(MainSmbd, ThatIsKnownIsNotMistakenForALaterProcessWithItsPid) {
  FixtureProcfs procfs;
  procfs.add(20, "smbd", 'S', 1, 500);
  EXPECT_TRUE(still_runs(procfs.path(), {20, 500}));
  EXPECT_FALSE(still_runs(procfs.path(), {20, 499}));
  EXPECT_FALSE(still_runs(procfs.path(), {21, 500}));
  procfs.add(20, "smbd", 'Z', 1, 500);
  EXPECT_FALSE(still_runs(procfs.path(), {20, 500}));
}

TEST(MainSmbd, IsUnknownWhereThereIsNoProcfs) {
  const testing::TempDir empty;
  const auto in_empty = find_main_smbd(empty.path());
  ASSERT_FALSE(in_empty);
  EXPECT_TRUE(in_empty.error().is(std::errc::permission_denied)) << in_empty.error().message();
  const auto nowhere = find_main_smbd(empty.path("missing"));
  ASSERT_FALSE(nowhere);
  EXPECT_TRUE(nowhere.error().is(std::errc::no_such_file_or_directory)) << nowhere.error().message();
}

TEST(MainSmbd, OfARealServerIsFoundAndGoneAfterItsEnd) {
  if (const auto why = testing::missing_smbd()) GTEST_SKIP() << "NOT TESTED: a real smbd process (" << *why << ")";
  testing::in_pid_namespace([](const std::string& procfs) {
    const auto before = find_main_smbd(procfs);
    ASSERT_TRUE(before) << before.error().message();
    EXPECT_FALSE(*before);

    const testing::TempDir share;
    testing::SmbdServer smbd(share.path());
    const auto running = find_main_smbd(procfs);
    ASSERT_TRUE(running && *running) << smbd.log();
    EXPECT_TRUE(still_runs(procfs, **running));
    smbd.freeze();
    EXPECT_TRUE(still_runs(procfs, **running));
    smbd.thaw();

    smbd.stop();
    EXPECT_FALSE(still_runs(procfs, **running));
    const auto after = find_main_smbd(procfs);
    ASSERT_TRUE(after);
    EXPECT_FALSE(*after);
  });
}

/// `find_main_smbd` as a user without privileges sees it: "found", "none", or the error.
std::string seen_without_privileges(const std::string& procfs) {
  int ends[2];
  if (::pipe(ends) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string answer = "setuid";
    if (::setgid(65534) == 0 && ::setuid(65534) == 0) {
      const auto process = find_main_smbd(procfs);
      answer = process ? (*process ? "found" : "none") : process.error().message();
    }
    (void)!::write(ends[1], answer.data(), answer.size());
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  char answer[512];
  const ssize_t size = ::read(ends[0], answer, sizeof answer);
  ::close(ends[0]);
  ::close(ends[1]);
  return std::string(answer, size > 0 ? static_cast<std::size_t>(size) : 0);
}

TEST(MainSmbd, IsUnknownWhereProcfsHidesOtherUsersProcesses) {
  if (const auto why = testing::missing_pid_namespaces())
    GTEST_SKIP() << "NOT TESTED: procfs with hidepid (" << *why << ")";
  for (const std::string options : {"hidepid=1", "hidepid=2", "hidepid=4"}) {
    SCOPED_TRACE(options);
    testing::in_pid_namespace(
        [](const std::string& procfs) {
          EXPECT_EQ(seen_without_privileges(procfs),
                    "not permitted to see processes: " + procfs +
                        " is mounted with hidepid, or is no procfs: Permission denied");
          const auto as_root = find_main_smbd(procfs);
          ASSERT_TRUE(as_root) << as_root.error().message();
          EXPECT_FALSE(*as_root);
        },
        options);
  }
  testing::in_pid_namespace([](const std::string& procfs) { EXPECT_EQ(seen_without_privileges(procfs), "none"); });
}

}  // namespace
}  // namespace motoko::sources
