// What history.db may be when it is opened: missing, damaged, of a newer version, something else, not writable.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "exporter/remediation/damaged_file.h"
#include "exporter/remediation/history_schema.h"
#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

std::string content_of(const std::string& path) {
  const std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

void write_to(const std::string& path, const std::string& content, std::streamoff offset = 0) {
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  if (!stream) stream.open(path, std::ios::binary | std::ios::out);
  stream.seekp(offset);
  stream << content;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class HistoryFile : public ::testing::Test {
 protected:
  ScratchDir dir_;
  std::string state_dir_ = dir_.path("state");
  std::string file_ = state_dir_ + "/history.db";

  void one_run() { must(must(History::open(state_dir_)).record(short_run(RunOutcome::healthy, at(0s)))); }
};

TEST_F(HistoryFile, AndItsDirectoryAreMadeForOwnerAndGroupOnlyWhateverTheUmask) {
  const auto old = ::umask(0077);
  one_run();
  ::umask(old);
  EXPECT_EQ(mode_of(state_dir_) & 0027, 0U);
  EXPECT_EQ(mode_of(file_), 0640U);
  EXPECT_EQ(files_in(state_dir_), (std::vector<std::string>{"history.db"})) << "no journal, nothing unfinished";
}

TEST_F(HistoryFile, BelongsToTheOwnerOfTheDirectoryWhenRootMakesIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: files that root makes for another user (not root)";
  std::filesystem::create_directory(state_dir_);
  ::chmod(dir_.path().c_str(), 0755);
  ASSERT_EQ(::chown(state_dir_.c_str(), kNobody, kNobody), 0);
  one_run();
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kNobody);
  const auto daemon = in_child([&] {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return 1;
    auto history = History::open(state_dir_);
    return history && history->record(short_run(RunOutcome::healthy, at(1s))) ? 0 : 2;
  });
  EXPECT_EQ(exit_code_of(daemon), 0);
  EXPECT_EQ(must(must(History::open(state_dir_)).runs()).size(), 2U);
}

TEST_F(HistoryFile, MissingIsAnEmptyHistoryToAReader) {
  EXPECT_TRUE(must(must(History::open_read_only(state_dir_)).runs()).empty());
  std::filesystem::create_directory(state_dir_);
  auto reader = must(History::open_read_only(state_dir_));
  EXPECT_TRUE(must(reader.runs()).empty());
  EXPECT_FALSE(must(reader.run(1)));
  EXPECT_EQ(must(reader.gate_state(at(0s))), GateState());
  EXPECT_TRUE(files_in(state_dir_).empty()) << "a reader makes nothing";
  write_to(file_, "");
  EXPECT_TRUE(must(must(History::open_read_only(state_dir_)).runs()).empty()) << "just being made";
}

TEST_F(HistoryFile, ThatIsNoDatabaseIsMovedAsideAndANewOneBegins) {
  std::filesystem::create_directory(state_dir_);
  write_to(file_, "this is no database, however long one looks at it");
  auto history = must(History::open(state_dir_));
  ASSERT_TRUE(history.moved_aside());
  EXPECT_THAT(*history.moved_aside(), HasSubstr("/history.db.corrupt-20"));
  EXPECT_EQ(content_of(*history.moved_aside()), "this is no database, however long one looks at it");
  EXPECT_EQ(must(history.record(short_run(RunOutcome::healthy, at(0s)))), 1);
  EXPECT_FALSE(must(History::open(state_dir_)).moved_aside()) << "told once";
}

TEST_F(HistoryFile, WithADamagedPageIsMovedAside) {
  one_run();
  constexpr std::streamoff kPage = 4096;
  write_to(file_, std::string(kPage, '\x55'), 2 * kPage);
  auto history = must(History::open(state_dir_));
  EXPECT_TRUE(history.moved_aside());
  EXPECT_TRUE(must(history.runs()).empty());
}

TEST_F(HistoryFile, ThatLostItsEndIsMovedAside) {
  one_run();
  std::filesystem::resize_file(file_, 8192);
  EXPECT_TRUE(must(History::open(state_dir_)).moved_aside());
}

TEST_F(HistoryFile, OfAnotherProgramIsMovedAside) {
  std::filesystem::create_directory(state_dir_);
  write_to(file_, "");
  must(must(Database::open(file_, Access::read_and_write)).run("CREATE TABLE bookmarks (url TEXT)"));
  auto history = must(History::open(state_dir_));
  ASSERT_TRUE(history.moved_aside());
  auto kept = must(Database::open(*history.moved_aside(), Access::read));
  EXPECT_EQ(must(kept.integer("SELECT count(*) FROM bookmarks")), 0) << "nothing is lost";
}

TEST_F(HistoryFile, DamagedTwiceWithinASecondKeepsBoth) {
  std::filesystem::create_directory(state_dir_);
  for (int i = 0; i < 3; ++i) {
    std::ofstream(file_, std::ios::trunc) << "damaged, and longer than the header of SQLite " << std::string(200, 'x');
    EXPECT_TRUE(must(History::open(state_dir_)).moved_aside());
  }
  EXPECT_EQ(files_in(state_dir_).size(), 4U);
}

TEST_F(HistoryFile, IsMovedAsideWithItsJournalWhichANewOneWouldTakeForItsOwn) {
  std::filesystem::create_directory(state_dir_);
  write_to(file_, "damaged");
  write_to(file_ + "-journal", "its journal");
  const auto aside = must(move_damaged_aside(state_dir_, file_, file_identity(file_)));
  ASSERT_TRUE(aside);
  EXPECT_EQ(content_of(*aside), "damaged");
  EXPECT_EQ(content_of(*aside + "-journal"), "its journal");
  EXPECT_EQ(files_in(state_dir_).size(), 2U);
}

TEST_F(HistoryFile, ThatAnotherProcessReplacedMeanwhileIsNotMovedAside) {
  one_run();
  const auto moved = move_damaged_aside(state_dir_, file_, FileIdentity{1, 1});
  EXPECT_EQ(must(moved), std::nullopt);
  EXPECT_EQ(files_in(state_dir_), (std::vector<std::string>{"history.db"}));
}

TEST_F(HistoryFile, DamagedIsAnErrorToAReaderWhoLeavesIt) {
  std::filesystem::create_directory(state_dir_);
  write_to(file_, "this is no database, however long one looks at it");
  const auto reader = History::open_read_only(state_dir_);
  ASSERT_FALSE(reader);
  EXPECT_TRUE(reader.error().is(std::errc::bad_message));
  EXPECT_THAT(reader.error().message(), HasSubstr(file_));
  EXPECT_EQ(files_in(state_dir_).size(), 1U);
}

TEST_F(HistoryFile, OfANewerVersionIsRefusedAndNotTouched) {
  one_run();
  must(must(Database::open(file_, Access::read_and_write)).run("PRAGMA user_version = 99"));
  const auto before = content_of(file_);
  for (const auto& history :
       {History::open(state_dir_).map([](auto&&) {}), History::open_read_only(state_dir_).map([](auto&&) {})}) {
    ASSERT_FALSE(history);
    EXPECT_TRUE(history.error().is(std::errc::not_supported));
    EXPECT_THAT(history.error().message(), HasSubstr("newer Motoko"));
    EXPECT_THAT(history.error().message(), HasSubstr(file_));
  }
  EXPECT_EQ(content_of(file_), before);
  EXPECT_EQ(files_in(state_dir_).size(), 1U);
}

TEST_F(HistoryFile, SaysItsVersionAndWhoseItIs) {
  one_run();
  auto database = must(Database::open(file_, Access::read));
  EXPECT_EQ(must(database.integer("PRAGMA user_version")), schema_version());
  EXPECT_EQ(must(database.integer("PRAGMA application_id")), 0x4d6f746f);
}

TEST_F(HistoryFile, ThatSomebodyPutIntoWalModeIsTakenOutOfIt) {
  one_run();
  must(must(Database::open(file_, Access::read_and_write)).run("PRAGMA journal_mode = WAL"));
  one_run();
  EXPECT_EQ(files_in(state_dir_), (std::vector<std::string>{"history.db"}));
}

TEST_F(HistoryFile, IsNeverALinkNorAnythingElseThanAFile) {
  std::filesystem::create_directory(state_dir_);
  const auto victim = dir_.path("victim");
  write_to(victim, "");
  std::filesystem::create_symlink(victim, file_);
  const auto link = History::open(state_dir_);
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message(), HasSubstr("not a regular file"));
  EXPECT_THAT(link.error().message(), HasSubstr("remediation.state_dir"));
  EXPECT_FALSE(History::open_read_only(state_dir_));
  EXPECT_FALSE(Database::open(file_, Access::read_and_write)) << "nor where the link came in between";
  EXPECT_EQ(content_of(victim), "");
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_FALSE(History::open(state_dir_));
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_FALSE(History::open(state_dir_));
}

TEST_F(HistoryFile, JournalThatIsALinkIsNotFollowed) {
  one_run();
  const auto victim = dir_.path("victim");
  write_to(victim, "precious");
  std::filesystem::create_symlink(victim, file_ + "-journal");
  auto history = History::open(state_dir_);
  EXPECT_FALSE(history && history->record(short_run(RunOutcome::healthy, at(0s))));
  EXPECT_EQ(content_of(victim), "precious");
}

TEST_F(HistoryFile, RunsNothingThatSomebodyPutIntoItsSchema) {
  one_run();
  must(must(Database::open(file_, Access::read_and_write)).run("CREATE TABLE trap (x)"));
  must(must(Database::open(file_, Access::read_and_write))
           .run("CREATE TRIGGER spring AFTER INSERT ON runs BEGIN INSERT INTO trap VALUES (1); END"));
  one_run();
  EXPECT_EQ(must(must(Database::open(file_, Access::read)).integer("SELECT count(*) FROM trap")), 0);
}

TEST_F(HistoryFile, MayLieInADirectoryThatIsALink) {
  std::filesystem::create_directory(dir_.path("private"));
  std::filesystem::create_directory_symlink(dir_.path("private"), state_dir_);
  one_run();
  EXPECT_EQ(must(must(History::open_read_only(state_dir_)).runs()).size(), 1U);
}

TEST_F(HistoryFile, MakesTheDirectoriesAboveIt) {
  EXPECT_TRUE(History::open(dir_.path("missing/parents/state")));
}

TEST_F(HistoryFile, ErrorsOfTheDirectoryNameItAndTheWayOut) {
  write_to(state_dir_, "a file");
  const auto file = History::open(state_dir_);
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().is(std::errc::not_a_directory));
  const auto orphan = History::open(state_dir_ + "/below");
  ASSERT_FALSE(orphan);
  for (const auto& message : {file.error().message(), orphan.error().message()}) {
    EXPECT_THAT(message, HasSubstr(dir_.path()));
    EXPECT_THAT(message, HasSubstr("remediation.state_dir"));
  }
}

TEST_F(HistoryFile, ThatMayNotBeWrittenIsAnErrorButMayBeRead) {
  one_run();
  ::chmod(dir_.path().c_str(), 0755);
  ::chmod(state_dir_.c_str(), 0755);
  ::chmod(file_.c_str(), 0644);
  const auto somebody = in_child([&] {
    // As root permissions mean nothing: become somebody else.
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return 1;
    if (::geteuid() != kNobody) ::chmod(state_dir_.c_str(), 0555);
    const auto writer = History::open(state_dir_);
    if (writer || !writer.error().is(std::errc::permission_denied)) return 2;
    if (writer.error().message().find("remediation.state_dir") == std::string::npos) return 3;
    auto reader = History::open_read_only(state_dir_);
    return reader && reader->runs() && reader->runs()->size() == 1 ? 0 : 4;
  });
  EXPECT_EQ(exit_code_of(somebody), 0);
  ::chmod(state_dir_.c_str(), 0755);
}

TEST_F(HistoryFile, StaysSoundWhenTheDiskIsFull) {
  one_run();
  const auto full = in_child([&] {
    auto history = must(History::open(state_dir_));
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{std::filesystem::file_size(file_), RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto run = short_run(RunOutcome::refused, at(1s));
    run.detail = std::string(60'000, 'x');
    const auto recorded = history.record(run);
    if (recorded) return 1;
    if (recorded.error().message().find(file_) == std::string::npos) return 2;
    if (recorded.error().message().find("remediation.state_dir") == std::string::npos) return 3;
    const rlimit again{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &again);
    return history.record(run) ? 0 : 4;  // goes on once there is space
  });
  EXPECT_EQ(exit_code_of(full), 0);
  auto history = must(History::open(state_dir_));
  EXPECT_FALSE(history.moved_aside());
  EXPECT_EQ(must(history.runs()).size(), 2U);
  EXPECT_EQ(must(history.outcome_totals()).at(RunOutcome::refused), 1U) << "all or nothing";
}

}  // namespace
}  // namespace motoko::remediation
