#include "exporter/sources/time_machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "exporter/sources/worker_zygote.h"
#include "tests/support/privileges.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using base::Result;
using base::WallTime;
using observation::BackupBundle;
using observation::Backups;

constexpr const char* kFile = "com.apple.TimeMachine.SnapshotHistory.plist";
const WallTime kCompleted{1'709'273'228s};  // 2024-03-01T06:07:08Z

std::string history(const std::string& date = "2024-03-01T06:07:08Z") {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict><key>Snapshots</key><array><dict>"
      "<key>com.apple.backupd.SnapshotCompletionDate</key><date>{}</date></dict></array></dict></plist>\n",
      date);
}

/// A mountpoint with bundles in it.
struct Disk {
  testing::TempDir directory;

  Disk& bundle(const std::string& name, const std::string& plist = history()) {
    directory.write(name + "/" + kFile, plist);
    return *this;
  }
  [[nodiscard]] Backups backups() const {
    const auto found = read_backups(directory.path());
    EXPECT_TRUE(found) << found.error().message();
    return found.value_or(Backups{});
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& bundle : backups()) result.push_back(bundle.name);
    return result;
  }
  /// The error of the only bundle.
  [[nodiscard]] base::Error error() const {
    const auto found = backups();
    EXPECT_EQ(found.size(), 1u);
    if (found.size() != 1 || found.front().newest) {
      ADD_FAILURE() << "no error";
      return {};
    }
    return found.front().newest.error();
  }
};

using Names = std::vector<std::string>;

TEST(ReadBackups, FindsBundlesOfEachUserSortedByName) {
  Disk disk;
  disk.bundle("zoe/Zoe.sparsebundle").bundle("Mini.backupbundle").bundle("kei/Kei.sparsebundle");
  EXPECT_EQ(disk.backups(), (Backups{{"Mini.backupbundle", kCompleted},
                                     {"kei/Kei.sparsebundle", kCompleted},
                                     {"zoe/Zoe.sparsebundle", kCompleted}}));
}

TEST(ReadBackups, KeepsNamesOfAnyBytes) {
  Disk disk;
  const Names names = {"Kei's \"Mac\" {1}.sparsebundle", "K\xff\xfe.sparsebundle", "Rene\xcc\x81\x65.sparsebundle",
                       "a\nb.sparsebundle"};
  for (const auto& name : names) disk.bundle("user name/" + name);
  const Backups found = disk.backups();
  ASSERT_EQ(found.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(found[i], (BackupBundle{"user name/" + names[i], kCompleted}));
}

TEST(ReadBackups, LooksNoDeeperThanOneDirectoryAndNotIntoBundles) {
  Disk disk;
  disk.bundle("a/b/Deep.sparsebundle").bundle("A.sparsebundle").bundle("A.sparsebundle/Inner.sparsebundle");
  EXPECT_EQ(disk.names(), (Names{"A.sparsebundle"}));
}

TEST(ReadBackups, TakesOnlyDirectoriesWithTheRightNames) {
  Disk disk;
  disk.bundle("A.sparsebundle.old").bundle("sparsebundle").bundle(".sparsebundle");
  disk.directory.write("File.sparsebundle", "a file");
  EXPECT_EQ(disk.names(), Names{});
}

TEST(ReadBackups, FollowsNoSymbolicLink) {
  Disk elsewhere;
  elsewhere.bundle("Other.sparsebundle");
  Disk disk;
  ASSERT_EQ(
      ::symlink(elsewhere.directory.path("Other.sparsebundle").c_str(), disk.directory.path("L.sparsebundle").c_str()),
      0);
  ASSERT_EQ(::symlink(elsewhere.directory.path().c_str(), disk.directory.path("user").c_str()), 0);
  EXPECT_EQ(disk.names(), Names{});

  disk.directory.make_directory("A.sparsebundle");
  ASSERT_EQ(::symlink(elsewhere.directory.path(std::string("Other.sparsebundle/") + kFile).c_str(),
                      disk.directory.path(std::string("A.sparsebundle/") + kFile).c_str()),
            0);
  EXPECT_TRUE(disk.error().is(std::errc::too_many_symbolic_link_levels)) << disk.error().message();
}

TEST(ReadBackups, StaysOnTheFileSystem) {
  MOTOKO_REQUIRE_ROOT("another file system mounted below a guarded mount");
  Disk disk;
  disk.bundle("A.sparsebundle");
  const auto mounted = disk.directory.make_directory("user");
  const auto bundle = disk.directory.make_directory("B.sparsebundle");
  for (const auto& path : {mounted, bundle}) ASSERT_EQ(::mount("tmpfs", path.c_str(), "tmpfs", 0, ""), 0);
  disk.bundle("user/C.sparsebundle").bundle("B.sparsebundle");
  EXPECT_EQ(disk.names(), (Names{"A.sparsebundle"}));
  ASSERT_EQ(::umount(mounted.c_str()), 0);
  ASSERT_EQ(::umount(bundle.c_str()), 0);
}

TEST(ReadBackups, OfABundleWithoutAHistoryMeansNoCompletedBackup) {
  Disk disk;
  disk.directory.make_directory("A.sparsebundle/bands");
  EXPECT_TRUE(disk.error().is(std::errc::no_message_available));
  EXPECT_EQ(disk.error().context, "no completed backup yet");
}

TEST(ReadBackups, NamesTheFileAndTheFaultWhereAHistoryIsBroken) {
  const std::string file = kFile;
  {
    Disk disk;
    EXPECT_EQ(disk.bundle("A.sparsebundle", "").error().context, file + ": no property list, or a truncated one");
  }
  {
    Disk disk;
    EXPECT_EQ(disk.bundle("A.sparsebundle", history().substr(0, 200)).error().context,
              file + ": no property list, or a truncated one");
  }
  {
    Disk disk;
    disk.bundle("A.sparsebundle", history("2038-01-01T00:00:00Z"));
    EXPECT_EQ(disk.error().context, file + ": a snapshot is dated in the future: 2038-01-01T00:00:00Z");
  }
  {
    Disk disk;
    disk.directory.make_directory(std::string("A.sparsebundle/") + kFile);
    EXPECT_EQ(disk.error().context, file + ": not a regular file of this file system");
  }
  {
    Disk disk;
    disk.directory.make_directory("A.sparsebundle");
    ASSERT_EQ(::mkfifo(disk.directory.path("A.sparsebundle/" + file).c_str(), 0600), 0);
    EXPECT_EQ(disk.error().context, file + ": not a regular file of this file system")
        << "and did not wait for a writer";
  }
}

TEST(ReadBackups, ReadsNoMoreThanFourMebibytesOfAHistory) {
  Disk disk;
  const std::string fits = history() + std::string((4 << 20) - history().size(), '\n');
  EXPECT_EQ(disk.bundle("A.sparsebundle", fits).backups(), (Backups{{"A.sparsebundle", kCompleted}}));
  EXPECT_TRUE(disk.bundle("A.sparsebundle", fits + "\n").error().is(std::errc::file_too_large));
  // A sparse giant costs no time either.
  const auto path = disk.directory.path(std::string("A.sparsebundle/") + kFile);
  ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 40), 0);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(disk.error().is(std::errc::file_too_large));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(ReadBackups, OneBadBundleDoesNotHideTheOthers) {
  Disk disk;
  std::string deep = "<plist version=\"1.0\">";
  for (int i = 0; i < 400'000; ++i) deep += "<array>";
  disk.bundle("Bad.sparsebundle", deep).bundle("Good.sparsebundle");
  const auto found = disk.backups();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].newest);
  EXPECT_EQ(found[1].newest, Result<WallTime>(kCompleted));
}

/// What a child without privileges makes of it; the test itself is root, whom nothing is forbidden.
Result<Backups> backups_without_privileges(const std::string& path) {
  int ends[2];
  if (::pipe(ends) != 0) return base::errno_error(errno, "pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
    const auto bytes = encode(read_backups(path));
    (void)!::write(ends[1], bytes.data(), bytes.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string bytes(64 * 1024, '\0');
  const ssize_t size = ::read(ends[0], bytes.data(), bytes.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return decode(std::string_view(bytes).substr(0, size > 0 ? static_cast<std::size_t>(size) : 0));
}

TEST(ReadBackups, PassesOverDirectoriesItMayNotListAndReportsBundlesItMayNotOpen) {
  MOTOKO_REQUIRE_ROOT("directories that the exporter may not list");
  Disk disk;
  disk.bundle("kei/Kei.sparsebundle").bundle("lost+found/L.sparsebundle").bundle("Shut.sparsebundle");
  ASSERT_EQ(::chmod(disk.directory.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(disk.directory.path("lost+found").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(disk.directory.path("Shut.sparsebundle").c_str(), 0700), 0);
  const auto found = backups_without_privileges(disk.directory.path());
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].name, "Shut.sparsebundle");
  ASSERT_FALSE((*found)[0].newest);
  EXPECT_TRUE((*found)[0].newest.error().is(std::errc::permission_denied));
  EXPECT_EQ((*found)[1], (BackupBundle{"kei/Kei.sparsebundle", kCompleted})) << "not its owner, so without O_NOATIME";
}

TEST(ReadBackups, FailsWhereTheMountpointCannotBeListed) {
  const testing::TempDir directory;
  const auto missing = read_backups(directory.path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(std::errc::no_such_file_or_directory));
  EXPECT_EQ(missing.error().context, "open " + directory.path("missing"));
  const auto file = read_backups(directory.write("file", ""));
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().is(std::errc::not_a_directory));
}

TEST(ReadBackups, OfAnEmptyDiskIsAnEmptyList) {
  const Disk disk;
  EXPECT_EQ(disk.names(), Names{});
}

TEST(ReadBackups, DoesNotTouchAccessTimes) {
  Disk disk;
  disk.bundle("A.sparsebundle");
  const auto path = disk.directory.path(std::string("A.sparsebundle/") + kFile);
  const timespec old[2] = {{.tv_sec = 1'000'000'000, .tv_nsec = 0}, {.tv_sec = 1'700'000'000, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), old, 0), 0);  // relatime would update it
  (void)disk.backups();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_atim.tv_sec, 1'000'000'000);
}

TEST(ReadBackups, StopsAtItsBoundsAndSaysSoWhereNothingWasFound) {
  Disk many;
  for (int i = 0; i < 300; ++i) many.directory.make_directory(fmt::format("{:03}.sparsebundle", i));
  EXPECT_EQ(many.backups().size(), 256u);

  Disk crowded;
  for (int i = 0; i < 5000; ++i) crowded.directory.write(std::to_string(i), "");
  const auto found = read_backups(crowded.directory.path());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().context, "no backup among the first 4096 entries of " + crowded.directory.path());
}

TEST(ReadBackups, FitsOneMessageOfAWorkerHoweverLongTheNamesAre) {
  Disk disk;
  const std::string user(200, 'u');
  for (int i = 0; i < 300; ++i)
    disk.bundle(fmt::format("{}/{}{:03}.sparsebundle", user, std::string(230, 'b'), i), "malformed");
  const auto message = encode(read_backups(disk.directory.path()));
  EXPECT_GT(message.size(), 64u * 1024);
  EXPECT_LT(message.size(), kMaxMessageBytes - 1024);
}

Result<Backups> sample() {
  return Backups{{"kei/Kei's \"Mac\"\n\xff.sparsebundle", kCompleted},
                 {"", WallTime(-1ns)},
                 {"new", base::failure(std::errc::no_message_available, "no completed backup yet")},
                 {std::string("nul\0nul", 7), base::errno_error(EIO, std::string("\0\xff", 2))}};
}

TEST(EncodedBackups, ComeBackEqual) {
  EXPECT_EQ(decode(encode(sample())), sample());
  EXPECT_EQ(decode(encode(Backups{})), Result<Backups>(Backups{}));
  const Result<Backups> failed = base::errno_error(EIO, "open /time");
  EXPECT_EQ(decode(encode(failed)), failed);
}

TEST(EncodedBackups, TruncatedOrTooLongAreErrors) {
  const std::string whole = encode(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_TRUE(decoded.error().is(std::errc::bad_message)) << size;
  }
  EXPECT_FALSE(decode(whole + '\0'));
}

TEST(EncodedBackups, SurviveDamage) {
  std::mt19937 random(20190313);  // the same damage each time
  const std::string whole = encode(sample());
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (unsigned i = 0; i <= random() % 6; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    if (random() % 3 == 0) damaged.resize(random() % damaged.size());
    const auto decoded = decode(damaged);
    EXPECT_TRUE(!decoded || decoded->size() <= whole.size());
  }
  EXPECT_FALSE(decode(std::string("\0\xff\xff\xff\xff", 5))) << "four thousand million bundles, and none there";
}

}  // namespace
}  // namespace motoko::sources
