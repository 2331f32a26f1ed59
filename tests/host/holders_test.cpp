// Real processes that hold a real disk.
#include "exporter/host/holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"

namespace motoko::host {
namespace {

using std::chrono::seconds;
using testing::ChildProcess;
using testing::LoopDisk;

class Holders : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("finding what holds a file system");
    disk_ = std::make_unique<LoopDisk>();
    disk_->mount(path_);
    testing::write_file(path_ + "/file", "x");
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    device_ = status.st_dev;
  }

  std::vector<Holder> found() { return *holders_of("/proc", major(device_), minor(device_), seconds(10)); }

  /// That process, and it alone, is found after a lazy unmount; with `how`.
  ::testing::AssertionResult names(const ChildProcess& process, const std::string& how) {
    std::vector<Holder> last;
    return testing::eventually(
        seconds(5),
        [&] {
          last = found();
          return last.size() == 1 && last.front().pid == process.pid() && last.front().how == how;
        },
        [&] {
          std::string text;
          for (const auto& holder : last)
            text += std::to_string(holder.pid) + " " + holder.name + ": " + holder.how + "\n";
          return text;
        });
  }

  testing::TempDir directory_;
  std::string path_ = directory_.make_directory("time");
  std::unique_ptr<LoopDisk> disk_;
  dev_t device_ = 0;
};

TEST_F(Holders, AreNamedByWhatTheyHold) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"exec sleep 600 <" + path_ + "/file", "an open file"},
      {"cd " + path_ + " && exec sleep 600", "its working directory"},
  };
  for (const auto& [script, how] : cases) {
    ChildProcess holder({{"sh", "-c", script}});
    ASSERT_TRUE(testing::eventually(seconds(5), [&] {
      return testing::read_text("/proc/" + std::to_string(holder.pid()) + "/comm") == "sleep\n";
    }));
    disk_->lazy_unmount(path_);
    EXPECT_TRUE(names(holder, how)) << how;
    holder.send(SIGKILL);
    ASSERT_TRUE(holder.wait(seconds(5)));
    disk_->mount(path_);
  }
}

TEST_F(Holders, IncludeARunningProgramOfTheDisk) {
  testing::run_checked({{"cp", "/bin/sleep", path_ + "/sleep"}});
  ChildProcess holder({{path_ + "/sleep", "600"}});
  disk_->lazy_unmount(path_);
  EXPECT_TRUE(names(holder, "its program"));
}

TEST_F(Holders, IncludeAMountNamespaceThatStillHasIt) {
  ChildProcess service({{"unshare", "--mount", "--propagation", "private", "sleep", "600"}});
  ASSERT_TRUE(testing::eventually(
      seconds(5), [&] { return testing::read_text("/proc/" + std::to_string(service.pid()) + "/comm") == "sleep\n"; }));
  disk_->unmount(path_);
  EXPECT_TRUE(names(service, "a mount in its namespace, " + path_));
}

TEST_F(Holders, AreEndedAndThenTheDiskIsFree) {
  ChildProcess polite({{"sh", "-c", "exec sleep 600 <" + path_ + "/file"}});
  ChildProcess stubborn({{"sh", "-c", "trap '' TERM; cd " + path_ + "; while :; do sleep 0.1; done"}});
  std::vector<Holder> holders;
  ASSERT_TRUE(testing::eventually(seconds(5), [&] {
    holders = found();
    // This process' own namespace has the mount too; the children's sleep may be among them.
    std::erase_if(holders,
                  [&](const auto& holder) { return holder.pid != polite.pid() && holder.pid != stubborn.pid(); });
    return holders.size() == 2;
  }));
  const auto ended = end_processes(holders, std::chrono::milliseconds(300));
  EXPECT_TRUE(ended) << ended.error().message();
  EXPECT_FALSE(polite.running());
  EXPECT_FALSE(stubborn.running());
  disk_->lazy_unmount(path_);
  EXPECT_TRUE(testing::eventually(seconds(5), [&] { return found().empty(); }));
}

TEST_F(Holders, OfAFreeDiskAreNone) {
  disk_->unmount(path_);
  EXPECT_EQ(found(), std::vector<Holder>());
}

TEST(EndProcesses, SparesTheOnesThatRunThis) {
  for (const pid_t pid : {1, ::getpid(), ::getppid()}) {
    const auto ended = end_processes({{.pid = pid, .name = "it", .how = ""}}, std::chrono::milliseconds(10));
    ASSERT_FALSE(ended) << pid;
    EXPECT_TRUE(ended.error().is(std::errc::operation_not_permitted));
  }
}

}  // namespace
}  // namespace motoko::host
